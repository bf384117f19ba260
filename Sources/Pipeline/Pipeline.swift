import Catalog
import Files
import Generator
import Network
import Ranks
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
  let generatorIdentity: GeneratorIdentity

  /// In the order in which they run.
  var all: [any Stage] { samples + [train, evaluate, report] }

  /// - Throws: `GeneratorError`, `LayerError`, `PipelineError.noSuchSplit`.
  init(_ spec: PipelineSpec, on engine: Engine) throws {
    let generator = try CaptchaGenerator(spec: spec.captcha, for: spec.drawnSplits)
    generatorIdentity = generator.identity
    let model = try ModelDescription(spec.model, for: spec.captcha)
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

/// The stages of a spec, and what computes them, on every rank.
func preparedStages(
  _ spec: PipelineSpec, threadCount: Int?, _ group: RankGroup
) throws -> (engine: Engine, stages: PipelineStages) {
  let (prepared, _) = try group.agree {
    let engine = try Engine(spec.training.precision, threadCount: threadCount)
    return (engine: engine, stages: try PipelineStages(spec, on: engine))
  }
  try group.requireEqualRanks(prepared.stages, on: prepared.engine)
  return prepared
}

/// A pipeline that works in its workspace and holds the workspace's lock. Stages that are done are skipped; the others
/// resume from what is on disk.
package final class Pipeline {
  package let spec: PipelineSpec
  let session: Session
  let engine: Engine
  let stages: PipelineStages

  package var workspace: Workspace { session.workspace }

  /// - Parameters:
  ///   - threadCount: nil for all CPUs that the process may use.
  ///   - group: The ranks that share the work. This is rank 0; the others run `assistFirstRank`.
  ///   - report: Receives events, on the calling thread.
  /// - Throws: `PipelineError.unsupportedPrecision`, `KernelError`, and the errors of `PipelineStages` and `Session`.
  package init(
    _ spec: PipelineSpec, in workspace: Workspace, threadCount: Int?, fileSystem: any FileSystem = SystemFileSystem(),
    group: RankGroup = RankGroup(), cancellation: Cancellation, report: @escaping (PipelineEvent) -> Void
  ) throws {
    self.spec = spec
    (engine, stages) = try preparedStages(spec, threadCount: threadCount, group)
    session = try Session(
      workspace, fileSystem: fileSystem, group: group, cancellation: cancellation, report: report)
    try group.requireShared(workspace)
    for note in spec.notes { report(.note(note)) }
  }

  /// Runs `body` and records the command with its outcome in the catalog's table `run`.
  package func recording<Value>(_ command: String, version: String, _ body: (Pipeline) throws -> Value) throws -> Value
  {
    let value = try session.recording(
      RunRow(
        command: command, version: version, cpu: engine.backend.name, threads: engine.team.threadCount,
        precision: engine.precision.rawValue)
    ) { try body(self) }
    try session.group.assign(.finish)
    return value
  }

  /// Runs every stage that is not done, in order.
  /// - Returns: The evaluation on the split that the spec names.
  package func run() throws -> EvaluationOutcome {
    for stage in stages.all { try stage.complete(in: session, on: engine) }
    return try stages.evaluate.outcome(in: session)
  }

  /// Draws the missing samples of one split, or of all.
  package func build(only split: Split? = nil) throws {
    let chosen = try split.map { [try stages.samples(of: $0)] } ?? stages.samples
    for stage in chosen { try stage.complete(in: session, on: engine) }
  }

  /// Trains the model on the train split, or resumes a stopped training.
  /// - Parameter modelPath: A model to start from, which becomes the workspace's initial model. nil for the initial
  ///   model that the workspace has, or else random weights.
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

  /// As `ImageImport.run`.
  /// - Throws: `PipelineError.notImported` where the spec does not call the split `imported`.
  package func importImages(
    from source: FilePath, into split: Split, _ options: ImportOptions
  ) throws -> ImportSummary {
    let imported = stages.samples.compactMap { $0 as? ImportStage }
    guard let stage = imported.first(where: { $0.split == split }) else { throw PipelineError.notImported(split) }
    let others = imported.filter { $0.split != split }
    return try ImageImport(stage: stage, others: others, session: session, engine: engine).run(from: source, options)
  }

  /// Restores damaged and missing shards, bit for bit.
  package func repair() throws -> RepairReport { try Repair(session: session, stages: stages).run() }

  /// Rebuilds the sample index from the shards alone.
  /// - Throws: `PipelineError.stale` where the workspace holds the results of another spec.
  package func reindex() throws -> ReindexReport {
    let reindex = Reindex(session: session, threadCount: engine.team.threadCount)
    let leftOut = try stages.samples.flatMap { try reindex.reindex($0) }
    return ReindexReport(splits: try splitSummaries(), leftOut: leftOut)
  }
}
