import Catalog
import Foundation
import Generator
import Kernels
import Network
import Samples
import Specs
import Trainer
import Workers

/// Measures the throughput of one part of a pipeline alone.
package struct Benchmark {
  package enum Part: String, Sendable, CaseIterable {
    /// Drawing samples.
    case generate
    /// Reading shuffled batches from the shards of the train split.
    case load
    /// Training steps on one batch that is kept in memory.
    case train
    /// Predicting batches with a model of random weights.
    case predict

    /// Whether its time can be measured by phases of a network.
    package var hasPhases: Bool { self == .train || self == .predict }
  }

  /// Throughput in several rounds.
  package struct Result: Sendable {
    package let part: Part
    package let threadCount: Int
    package let precision: String
    /// Images a second.
    package let rates: Rates
    /// Only of `load`: images a second of plain Zstandard decompression, alternated with rounds of loading.
    package let decompressionRates: Rates?
    /// Only of `load`: seconds from a cold open to the first batch.
    package let firstBatchSeconds: Double?
  }

  /// Images a second in several rounds.
  package struct Rates: Sendable {
    private let rates: [Double]

    init(_ rates: [Double]) { self.rates = rates.sorted() }

    package var median: Double { rates[rates.count / 2] }
    package var slowest: Double { rates[0] }
    package var fastest: Double { rates[rates.count - 1] }
  }

  /// The time of each part of a step on one thread; of `predict`, a step is one batch.
  package struct Phases: Sendable {
    package let part: Part
    package let precision: String
    /// Images of a step.
    package let images: Int
    /// Medians over several steps.
    package let times: WorkTimes
  }

  private static let roundCount = 5
  /// The least duration of a round.
  private static let roundSeconds = 1.0
  /// The least number of steps, and of seconds, over which the medians of phases are taken.
  private static let (recordedSteps, recordedSeconds) = (15, 5.0)

  private let spec: PipelineSpec
  private let workspace: Workspace
  private let engine: Engine
  private let cancellation: Cancellation

  /// - Throws: `PipelineError.unsupportedPrecision`, `KernelError.noBackend`.
  package init(_ spec: PipelineSpec, in workspace: Workspace, threadCount: Int?, cancellation: Cancellation) throws {
    self.spec = spec
    self.workspace = workspace
    self.cancellation = cancellation
    engine = try Engine(spec.training.precision, threadCount: threadCount)
  }

  package func run(_ part: Part) throws -> Result {
    let load = try part == .load ? LoadBenchmark(spec, in: workspace, team: engine.team) : nil
    let work: Work
    switch part {
    case .generate: work = try generating()
    case .load: work = { try load?.load() ?? 0 }
    case .train: work = try training(on: engine.team)
    case .predict: work = try predicting(on: engine.team)
    }
    _ = try work()
    _ = try load?.decompress()
    var (rates, decompressionRates): ([Double], [Double]) = ([], [])
    for _ in 0..<Self.roundCount {
      rates.append(try rate(of: work))
      if let load { decompressionRates.append(try rate(of: load.decompress)) }
    }
    return Result(
      part: part, threadCount: engine.team.threadCount, precision: engine.precision.rawValue, rates: Rates(rates),
      decompressionRates: load.map { _ in Rates(decompressionRates) }, firstBatchSeconds: load?.firstBatchSeconds)
  }

  /// Measures the phases of a step on one thread.
  /// - Precondition: `part` has phases.
  package func phases(of part: Part) throws -> Phases {
    precondition(part.hasPhases)
    let record = WorkRecord()
    let team = Team(recordingTo: record)
    let work = try part == .train ? training(on: team) : predicting(on: team)
    // In the first step, caches are cold.
    _ = try work()
    var (runs, images): ([WorkTimes], Int) = ([], 0)
    let start = Date()
    while runs.count < Self.recordedSteps || -start.timeIntervalSinceNow < Self.recordedSeconds {
      try cancellation.check()
      runs.append(try record.record { images = try work() })
    }
    return Phases(part: part, precision: engine.precision.rawValue, images: images, times: WorkTimes(mediansOf: runs))
  }

  /// Images a second in one round.
  private func rate(of work: Work) throws -> Double {
    let start = Date()
    var images = 0
    while -start.timeIntervalSinceNow < Self.roundSeconds {
      try cancellation.check()
      images += try work()
    }
    return Double(images) / -start.timeIntervalSinceNow
  }

  /// Does some work and returns its number of images.
  private typealias Work = () throws -> Int

  private func generating() throws -> Work {
    let (generator, team) = (try CaptchaGenerator(spec: spec.captcha), engine.team)
    return {
      // Long enough that starting the threads and waiting for the last one do not matter.
      team.run(count: 64) { lane in
        for index in 0..<64 { _ = generator.generate(index: 0, seed: UInt64(lane * 64 + index)) }
      }
      return 4096
    }
  }

  private func drawSamples(_ count: Int) throws -> [Sample] {
    let generator = try CaptchaGenerator(spec: spec.captcha)
    return (0..<count).map { generator.generate(index: UInt64($0), seed: UInt64($0)) }
  }

  /// The target class of each of the model's positions.
  private func classes(of sample: Sample, for model: ModelDescription) -> [UInt16] {
    let text = spec.captcha.charsets[sample.charset].text(of: sample.label)
    guard let label = model.alphabet.label(of: text) else {
      preconditionFailure("a model's alphabet has every character of its captchas")
    }
    return label.padded(to: model.positions, of: model.alphabet)
  }

  private func training(on team: Team) throws -> Work {
    let model = try ModelDescription(spec.model, for: spec.captcha)
    // With this many steps an epoch, the learning rate stays at its start.
    let plan = TrainingPlan(
      training: spec.training, model: model, seed: spec.seed, precision: engine.precision, stepsPerEpoch: 1 << 32,
      runHash: "")
    let trainer = try Trainer(plan, backend: engine.backend, team: team)
    let samples = try drawSamples(spec.training.imagesPerStep)
    let images = samples.flatMap(\.image.pixels)
    let labels = samples.flatMap { classes(of: $0, for: model) }
    return {
      _ = try trainer.train(images: images, labels: labels)
      return spec.training.imagesPerStep
    }
  }

  private func predicting(on team: Team) throws -> Work {
    let model = try ModelDescription(spec.model, for: spec.captcha)
    let parameters = Parameters(try NetworkPlan(model))
    parameters.drawWeights(seed: spec.seed)
    let network = try Network(
      ModelFile(model, tensors: parameters.tensors), batch: Predictor.batch, precision: engine.precision,
      backend: engine.backend, team: team)
    let images = try drawSamples(Predictor.batch).flatMap(\.image.pixels)
    return { network.predict(images: images[...]).count }
  }
}
