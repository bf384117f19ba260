import Catalog
import Files
import Generator
import Network
import Samples
import Specs
import Workers

/// The stages of a pipeline, as its spec asks for them.
struct PipelineStages {
  /// One for each split, in order.
  let samples: [any SampleStage]
  let train: TrainStage
  let evaluate: EvaluateStage
  let report: ReportStage

  /// In the order in which they run.
  var all: [any Stage] { samples + [train, evaluate, report] }

  /// - Throws: `GeneratorError`, `LayerError`, and what makes the samples impossible.
  init(_ spec: PipelineSpec, on engine: Engine) throws {
    let generator = try CaptchaGenerator(spec: spec.captcha)
    let model = try ModelDescription(spec.model, reading: spec.captcha)
    func stage(_ split: Split) throws -> any SampleStage {
      try spec.require(split)
      return switch spec.datasets[split] {
      case .drawn(let count): BuildStage(split: split, spec: spec, generator: generator, drawnCount: count)
      case .imported, nil: ImportStage(split: split, spec: spec)
      }
    }
    samples = try spec.datasets.keys.sorted().map(stage)
    train = TrainStage(
      spec: spec, model: model, precision: engine.precision, data: try stage(.train),
      validationData: spec.datasets[.validation] == nil ? nil : try stage(.validation))
    evaluate = EvaluateStage(
      spec: spec, model: .own(train), description: model, data: try stage(spec.evaluation.split))
    report = ReportStage(spec: spec, evaluation: evaluate)
  }

  /// - Throws: `PipelineError.noSuchSplit`.
  func samples(of split: Split) throws -> any SampleStage {
    try train.spec.require(split)
    guard let stage = samples.first(where: { $0.split == split }) else {
      preconditionFailure("every split of a spec has a stage")
    }
    return stage
  }
}

/// A pipeline at work in its workspace, which is locked for as long as this lives. Each stage goes on from what is on
/// disk, and is skipped where there is nothing to do.
package final class Pipeline {
  package let spec: PipelineSpec
  let session: Session
  let engine: Engine
  let stages: PipelineStages

  package var workspace: Workspace { session.workspace }

  /// - Parameters:
  ///   - threadCount: nil takes every core.
  ///   - report: Told what happens, on the calling thread.
  /// - Throws: What makes it impossible to begin: the arithmetic, the font, the model's layers, the workspace, the catalog.
  package init(
    _ spec: PipelineSpec, in workspace: Workspace, threadCount: Int?, fileSystem: any FileSystem = SystemFileSystem(),
    cancellation: Cancellation, report: @escaping (PipelineEvent) -> Void
  ) throws {
    self.spec = spec
    engine = try Engine(spec.training.precision, threadCount: threadCount)
    stages = try PipelineStages(spec, on: engine)
    session = try Session(workspace, fileSystem: fileSystem, cancellation: cancellation, report: report)
  }

  /// Runs `body` and records the command with its outcome in the catalog's table `run`.
  package func recording<Value>(_ command: String, version: String, _ body: (Pipeline) throws -> Value) throws -> Value
  {
    try session.recording(
      RunRow(
        command: command, version: version, cpu: engine.backend.name, threads: engine.team.threadCount,
        precision: engine.precision.rawValue)
    ) { try body(self) }
  }

  /// Every stage that is missing or stale, in order.
  /// - Returns: How well the model reads the split that the spec evaluates.
  package func run() throws -> EvaluationOutcome {
    for stage in stages.all { try stage.complete(in: session, on: engine) }
    return try stages.evaluate.outcome(in: session)
  }

  /// Draws what is missing of every split, or of one.
  package func build(only split: Split? = nil) throws {
    let chosen = try split.map { [try stages.samples(of: $0)] } ?? stages.samples
    for stage in chosen { try stage.complete(in: session, on: engine) }
  }

  /// Trains the model from the train split, or goes on where a stopped training was.
  /// - Parameter modelPath: A model whose weights training begins with; it becomes the workspace's initial model. nil for
  ///   the initial model that there is, or, where there is none, for weights that are drawn.
  package func train(from modelPath: String? = nil) throws {
    let train = stages.train
    _ = try train.data.recordedData(in: session.records, for: "training")
    if let modelPath { try workspace.adoptInitialModel(modelPath, for: train.model, in: session.fileSystem) }
    try train.complete(in: session, on: engine)
  }

  /// Predicts every sample of a split and records the predictions.
  /// - Parameter modelPath: nil for the pipeline's own model.
  package func evaluate(split: Split, modelPath: String? = nil) throws -> EvaluationOutcome {
    let stage = EvaluateStage(
      spec: spec, model: modelPath.map { .file($0) } ?? .own(stages.train), description: stages.train.model,
      data: try stages.samples(of: split))
    try stage.complete(in: session, on: engine)
    return try stage.outcome(in: session)
  }

  /// As `ImportStage.importImages`, into a split that the spec calls `imported`.
  /// - Throws: `PipelineError.notImported` where it does not.
  package func importImages(from source: String, into split: Split, skippingBad: Bool) throws -> ImportSummary {
    guard spec.datasets[split] == .imported else { throw PipelineError.notImported(split) }
    return try ImportStage(split: split, spec: spec)
      .importImages(from: source, skippingBad: skippingBad, in: session, on: engine)
  }

  /// Makes damaged and missing shards what they were, bit for bit.
  package func repair() throws -> RepairReport { try Repair(stages, in: session).run() }

  /// Makes the sample index again from the shards alone.
  /// - Throws: `PipelineError.stale` where the workspace is of another spec.
  package func reindex() throws -> ReindexReport {
    let leftOut = try Reindex(stages, in: session, threadCount: engine.team.threadCount).run()
    return ReindexReport(splits: try splitSummaries(), leftOut: leftOut)
  }
}
