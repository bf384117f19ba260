import Catalog
import Foundation
import Generator
import Kernels
import Loader
import Network
import Samples
import Specs
import Trainer
import Workers

/// How fast one part of a pipeline is on this machine, alone.
package struct Benchmark {
  package enum Part: String, Sendable, CaseIterable {
    /// Drawing samples.
    case generate
    /// Reading shuffled batches from the shards of the train split.
    case load
    /// Training steps on one batch that stays in memory.
    case train
    /// Reading batches with the model, its weights as drawn at first.
    case predict
  }

  /// Throughput in several rounds.
  package struct Result: Sendable {
    package let part: Part
    package let threadCount: Int
    package let precision: String
    /// Images a second of each round, slowest first.
    package let rates: [Double]

    package var median: Double { rates[rates.count / 2] }
  }

  private static let roundCount = 5
  /// A round goes on until this long has passed.
  private static let roundSeconds = 1.0

  private let spec: PipelineSpec
  private let workspace: Workspace
  private let team: Team
  private let cancellation: Cancellation
  private let backend = makeBackend()
  private let precision: Precision

  /// - Throws: `PipelineError.unsupportedPrecision`.
  package init(_ spec: PipelineSpec, in workspace: Workspace, threadCount: Int?, cancellation: Cancellation) throws {
    self.spec = spec
    self.workspace = workspace
    self.cancellation = cancellation
    team = Team(threadCount: threadCount)
    precision = try resolvePrecision(spec.training.precision, on: backend)
  }

  package func run(_ part: Part) throws -> Result {
    let work =
      switch part {
      case .generate: try generating()
      case .load: try loading()
      case .train: try training()
      case .predict: try predicting()
      }
    _ = try work()
    var rates: [Double] = []
    for _ in 0..<Self.roundCount {
      let start = Date()
      var images = 0
      while -start.timeIntervalSinceNow < Self.roundSeconds {
        try cancellation.check()
        images += try work()
      }
      rates.append(Double(images) / -start.timeIntervalSinceNow)
    }
    return Result(part: part, threadCount: team.threadCount, precision: precision.rawValue, rates: rates.sorted())
  }

  /// Each piece of work returns how many images it did.
  private typealias Work = () throws -> Int

  private func generating() throws -> Work {
    let (generator, team) = (try CaptchaGenerator(spec: spec.captcha), team)
    return {
      team.run(count: 16) { lane in
        for index in 0..<16 { _ = generator.generate(index: 0, seed: UInt64(lane * 16 + index)) }
      }
      return 256
    }
  }

  private func loading() throws -> Work {
    let shards = try workspace.recordedCatalog()?.shards(of: .train) ?? []
    let paths = shards.map { workspace.path(ofFile: $0.file) }
    guard !paths.isEmpty else {
      throw PipelineError.missing(stage: "the train split that loading needs", remedy: "`glyphline build` makes it")
    }
    let dataset = try Dataset(paths: paths)
    var epoch: UInt32 = 0
    return {
      let loader = try BatchLoader(
        dataset, order: .shuffled(.init(seed: spec.seed, epoch: epoch)), batchSize: spec.training.batch,
        threadCount: team.threadCount)
      epoch += 1
      var images = 0
      while let batch = try loader.next() { images += batch.count }
      return images
    }
  }

  private func drawImages(_ count: Int) throws -> (images: [UInt8], labels: [UInt16]) {
    let generator = try CaptchaGenerator(spec: spec.captcha)
    let samples = (0..<count).map { generator.generate(index: UInt64($0), seed: UInt64($0)) }
    return (samples.flatMap(\.image.pixels), samples.flatMap(\.label.classes))
  }

  private func training() throws -> Work {
    let network = try Network(
      ModelDescription(spec.model, reading: spec.captcha), for: .training, batch: spec.training.batch,
      precision: precision, backend: backend, team: team)
    network.parameters.drawWeights(seed: spec.seed)
    let optimizer = Optimizer(network.parameters, weightDecay: spec.training.weightDecay)
    let (images, labels) = try drawImages(spec.training.batch)
    var step = 0
    return {
      _ = network.computeGradients(images: images, labels: labels, step: step)
      step += 1
      optimizer.update(
        network.parameters, gradients: network.gradients, learningRate: spec.training.learningRate / 100, step: step,
        team: team)
      return spec.training.batch
    }
  }

  private func predicting() throws -> Work {
    let network = try Network(
      ModelDescription(spec.model, reading: spec.captcha), for: .inference, batch: Pipeline.readingBatch,
      precision: precision, backend: backend, team: team)
    network.parameters.drawWeights(seed: spec.seed)
    let (images, _) = try drawImages(Pipeline.readingBatch)
    return { network.read(images: images[...]).count }
  }
}
