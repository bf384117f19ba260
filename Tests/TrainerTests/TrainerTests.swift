import Kernels
import Network
import RankThreads
import Ranks
import Samples
import Specs
import Testing
import Trainer
import Workers

@Suite struct TrainerTests {
  private func makeTrainer(
    _ training: String = "", batch: Int = 4, layers: String? = nil, backend: any Backend = PlainBackend(),
    threadCount: Int = 1, precision: Precision = .float32, ranks: any Communicator = SingleRank()
  ) throws -> Trainer {
    let spec = try PipelineSpec(
      yaml: """
        name: test
        captcha: {charset: digits, length: 2, width: 64, height: 32, image-captcha: {font_sizes: 20}}
        datasets: {train: {count: 200}}
        training: {batch: \(batch), schedule: constant, learning_rate: 0.01\(training)}
        \(layers.map { "model: {layers: \($0)}" } ?? "")
        """, path: "test.yaml")
    return try Trainer(
      TrainingPlan(
        training: spec.training, model: ModelDescription(spec.model, for: spec.captcha),
        seed: 1, precision: precision, stepsPerEpoch: 8, runHash: "run"),
      backend: backend, team: Team(threadCount: threadCount), ranks: ranks)
  }

  private let images = (0..<4 * 64 * 32).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
  private let labels: [UInt16] = [1, 2, 3, 4, 5, 6, 7, 8]

  private func values(_ parameters: Parameters) -> [Float] {
    Array(UnsafeBufferPointer(start: parameters.values.floats, count: parameters.count))
  }

  @Test func countsTheImagesItReads() throws {
    let trainer = try makeTrainer()
    var exactCounts: [Int] = []
    while !trainer.isDone { exactCounts.append(try trainer.train(images: images, labels: labels).exactCount) }
    #expect(exactCounts.first == 0 && exactCounts.last == 4, "\(exactCounts)")
  }

  @Test func smoothedTargetsKeepTheLossAboveTheirEntropy() throws {
    let (plain, smoothed) = (try makeTrainer(), try makeTrainer(", label_smoothing: 0.1"))
    var losses = (0.0, 0.0)
    while !plain.isDone {
      losses.0 = try plain.train(images: images, labels: labels).loss
      losses.1 = try smoothed.train(images: images, labels: labels).loss
    }
    // Of ten classes one has 0.91 of the target and the others 0.01 each.
    #expect(losses.0 < 0.4 && losses.1 > 0.5003, "\(losses)")
  }

  /// A step with candidates is the step of another trainer that is given the images which are read worst.
  @Test(arguments: [(ratio: 2, steps: 8), (ratio: 33, steps: 2)])
  func learnsFromTheHardestCandidates(ratio: Int, steps: Int) throws {
    let (choosing, plain) = (try makeTrainer(", candidates: \(ratio)"), try makeTrainer())
    let inferring = try Network(
      choosing.plan.model, for: .inference, batch: 1, precision: .float32, backend: PlainBackend(),
      team: Team(threadCount: 1))
    let size = images.count / 4
    for step in 0..<steps {
      let candidates = (0..<4 * ratio).map { number in
        images.map { UInt8(truncatingIfNeeded: Int($0) * (number + step + 1)) }.prefix(size)
      }
      let truths = (0..<8 * ratio).map { UInt16(($0 * 7 + step) % 10) }
      inferring.adopt(plain.parameters)
      let evaluations = candidates.indices.map {
        inferring.evaluate(images: candidates[$0], labels: truths[(2 * $0)..<(2 * $0 + 2)])[0]
      }
      let least = evaluations.map(\.crossEntropy).sorted()[evaluations.count - 4]
      let hardest = evaluations.indices.filter { evaluations[$0].crossEntropy >= least }
      let expected = try plain.train(
        images: hardest.flatMap { candidates[$0] }, labels: hardest.flatMap { truths[(2 * $0)..<(2 * $0 + 2)] })
      let found = try choosing.train(images: candidates.flatMap { $0 }, labels: truths)
      #expect(found.loss == expected.loss && found.exactCount == evaluations.count { $0.isExact })
      #expect(values(choosing.parameters) == values(plain.parameters))
    }
  }

  /// The candidates are inferred, and the chosen ones learned from, in the lanes of the spec.
  @Test(arguments: [16, 32])
  func theNumberOfThreadsChangesNothing(lanes: Int) throws {
    let (copies, batch) = (16, 32)
    let candidates = (0..<copies).flatMap { copy in images.map { UInt8(truncatingIfNeeded: Int($0) * (copy + 1)) } }
    let truths = (0..<2 * 2 * batch).map { UInt16($0 * 7 % 10) }
    let results = try [1, 2, 3].map { threadCount in
      let trainer = try makeTrainer(
        ", candidates: 2, lanes: \(lanes)", batch: batch, backend: makeBackend(), threadCount: threadCount)
      for _ in 0..<2 { _ = try trainer.train(images: candidates, labels: truths) }
      return values(trainer.parameters)
    }
    #expect(results[1] == results[0] && results[2] == results[0])
  }

  /// Everything that a step sums over images or chooses from them, dealt out to ranks, some of which may have nothing.
  /// In bfloat16, the plain kernels compute, on any CPU.
  @Test(arguments: [
    (count: 2, optimizer: "muon", precision: Precision.float32), (3, "adamw", .float32), (5, "muon", .float32),
    (11, "adamw", .float32), (3, "muon", .bfloat16),
  ])
  func theNumberOfRanksChangesNothing(count: Int, optimizer: String, precision: Precision) throws {
    let (ratio, batch) = (3, 16)
    let candidates = (0..<ratio * batch / 4).flatMap { copy in
      images.map { UInt8(truncatingIfNeeded: Int($0) * (copy + 1)) }
    }
    let truths = (0..<2 * ratio * batch).map { UInt16($0 * 7 % 10) }
    let size = images.count / 4
    @Sendable func result(_ ranks: any Communicator) throws -> [UInt8] {
      let trainer = try makeTrainer(
        ", candidates: \(ratio), average: 0.5, distortion: 0.1, optimizer: \(optimizer)", batch: batch,
        layers: Self.layers, backend: precision == .float32 ? makeBackend() : PlainBackend(), precision: precision,
        ranks: ranks)
      let own = trainer.ownCandidates
      for _ in 0..<3 {
        _ = try trainer.train(
          images: Array(candidates[own.lowerBound * size..<own.upperBound * size]),
          labels: Array(truths[2 * own.lowerBound..<2 * own.upperBound]))
      }
      trainer.collectState()
      return try trainer.encodedCheckpoint()
    }
    let expected = try result(SingleRank())
    for found in try runAsRanks(count, result) { #expect(found == expected) }
  }

  /// A layer of every kind.
  private static let layers = """
    [{convolution: {filters: 8, bias: true}}, batch-norm, relu, {max-pool: {size: 2}}, shortcut,
    {convolution: {filters: 8}}, batch-norm, {dropout: {rate: 0.2}}, add, relu, {convolution: {filters: 12, stride: 2}},
    batch-norm, relu, {max-pool: {size: 3}}, {linear: {units: 50}}, {dropout: {rate: 0.3}}, relu]
    """

  /// The average of every parameter and statistic, by the formula, beside weights that it leaves as they are.
  @Test func theResultIsTheRunningAverage() throws {
    let (trainer, other) = (try makeTrainer(", average: 0.3"), try makeTrainer())
    var expected = [Double](repeating: 0, count: trainer.parameters.count)
    for step in 1...8 {
      _ = try trainer.train(images: images, labels: labels)
      _ = try other.train(images: images, labels: labels)
      #expect(values(trainer.parameters) == values(other.parameters))
      let decay = min(0.3, Double(step - 1) / Double(step + 8))
      for (index, value) in values(trainer.parameters).enumerated() {
        expected[index] = decay * expected[index] + (1 - decay) * Double(value)
      }
      for (found, expected) in zip(values(trainer.result), expected) {
        #expect(abs(Double(found) - expected) < 1e-5 * (0.01 + abs(expected)))
      }
    }
    #expect(values(other.result) == values(other.parameters))
  }

  @Test func theAverageGoesOnFromACheckpoint() throws {
    let (whole, resumed) = (try makeTrainer(", average: 0.9"), try makeTrainer(", average: 0.9"))
    for _ in 0..<3 { _ = try whole.train(images: images, labels: labels) }
    let checkpoint = try Checkpoint(bytes: whole.encodedCheckpoint(), path: "checkpoint")
    #expect(resumed.restore(checkpoint))
    for trainer in [whole, resumed] { _ = try trainer.train(images: images, labels: labels) }
    #expect(values(resumed.result) == values(whole.result))
    #expect(values(resumed.parameters) == values(whole.parameters))
    #expect(try !makeTrainer().restore(checkpoint))
    #expect(try !resumed.restore(Checkpoint(bytes: makeTrainer().encodedCheckpoint(), path: "checkpoint")))
  }

  /// Each step's distortion is its own, and that of a training that goes on is the same as that of one that never stopped.
  @Test func distortionsAreAFunctionOfTheStep() throws {
    let plain = try makeTrainer()
    let (whole, resumed) = (try makeTrainer(", distortion: 0.1"), try makeTrainer(", distortion: 0.1"))
    let losses = [plain, whole].map { trainer in try? trainer.train(images: images, labels: labels).loss }
    #expect(losses[0] != losses[1])
    let checkpoint = try Checkpoint(bytes: whole.encodedCheckpoint(), path: "checkpoint")
    #expect(resumed.restore(checkpoint))
    for trainer in [whole, resumed] { _ = try trainer.train(images: images, labels: labels) }
    #expect(values(resumed.parameters) == values(whole.parameters))
  }

  /// A picture of one colour has nothing to distort.
  @Test func distortionsInventNoColour() throws {
    let (plain, distorting) = (try makeTrainer(), try makeTrainer(", distortion: 0.5"))
    let blank = [UInt8](repeating: 201, count: images.count)
    #expect(
      try plain.train(images: blank, labels: labels) == distorting.train(images: blank, labels: labels))
  }

  @Test func rehearsalsLeaveNoTrace() throws {
    let (rehearsed, other) = (try makeTrainer(), try makeTrainer())
    rehearsed.rehearse()
    #expect(values(rehearsed.parameters) == values(other.parameters))
    for _ in 0..<2 {
      #expect(
        try rehearsed.train(images: images, labels: labels) == other.train(images: images, labels: labels))
    }
    #expect(values(rehearsed.parameters) == values(other.parameters))
  }

  @Test(arguments: ["conv2", "norm3", "linear1"])
  func namesTheStepAndLayerWhereNumbersBreak(_ layer: String) throws {
    let trainer = try makeTrainer()
    _ = try trainer.train(images: images, labels: labels)
    try trainer.requireFiniteParameters()
    let parameter = try #require(trainer.parameters.list.first { $0.name == layer + ".weight" })
    trainer.parameters[parameter][0] = .nan
    #expect(throws: TrainingError.diverged(step: 2, location: layer)) {
      try trainer.train(images: images, labels: labels)
    }
    #expect(throws: TrainingError.diverged(step: 1, location: layer + ".weight")) {
      try trainer.requireFiniteParameters()
    }
    #expect(trainer.step == 1)
  }
}
