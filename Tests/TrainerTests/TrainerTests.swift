import Kernels
import Network
import Samples
import Specs
import Testing
import Trainer
import Workers

@Suite struct TrainerTests {
  private func makeTrainer() throws -> Trainer {
    let spec = try PipelineSpec(
      yaml: """
        name: test
        captcha: {charset: digits, length: 2, width: 64, height: 32, image-captcha: {font_sizes: 20}}
        datasets: {train: {count: 32}}
        training: {batch: 4, schedule: constant, learning_rate: 0.01}
        """, path: "test.yaml")
    return try Trainer(
      TrainingPlan(
        training: spec.training, model: ModelDescription(spec.model, reading: spec.captcha),
        seed: 1, precision: .float32, stepsPerEpoch: 8, runHash: "run"),
      backend: PlainBackend(), team: Team(threadCount: 1))
  }

  private let images = (0..<4 * 64 * 32).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
  private let labels: [UInt16] = [1, 2, 3, 4, 5, 6, 7, 8]

  private func values(_ trainer: Trainer) -> [Float] {
    Array(UnsafeBufferPointer(start: trainer.parameters.values.floats, count: trainer.parameters.count))
  }

  @Test func countsTheImagesItReads() throws {
    let trainer = try makeTrainer()
    var exactCounts: [Int] = []
    while !trainer.isDone { exactCounts.append(try trainer.learn(images: images, labels: labels).exactCount) }
    #expect(exactCounts.first == 0 && exactCounts.last == 4, "\(exactCounts)")
  }

  @Test func rehearsalsLeaveNoTrace() throws {
    let (rehearsed, other) = (try makeTrainer(), try makeTrainer())
    rehearsed.rehearse()
    #expect(values(rehearsed) == values(other))
    for _ in 0..<2 {
      #expect(
        try rehearsed.learn(images: images, labels: labels) == other.learn(images: images, labels: labels))
    }
    #expect(values(rehearsed) == values(other))
  }

  @Test(arguments: ["conv2", "norm3", "linear1"])
  func namesTheStepAndLayerWhereNumbersBreak(_ layer: String) throws {
    let trainer = try makeTrainer()
    _ = try trainer.learn(images: images, labels: labels)
    try trainer.requireFiniteParameters()
    let parameter = try #require(trainer.parameters.list.first { $0.name == layer + ".weight" })
    trainer.parameters[parameter][0] = .nan
    #expect(throws: TrainingError.diverged(step: 2, place: layer)) {
      try trainer.learn(images: images, labels: labels)
    }
    #expect(throws: TrainingError.diverged(step: 1, place: layer + ".weight")) {
      try trainer.requireFiniteParameters()
    }
    #expect(trainer.step == 1)
  }
}
