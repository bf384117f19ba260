import Catalog
import Loader
import Samples
import Shards
import Specs

/// A stage that makes the samples of a split.
protocol SampleStage: Stage {
  var split: Split { get }
  var spec: PipelineSpec { get }
  /// How many samples the spec asks for; nil for an imported split.
  var count: Int? { get }
  /// What the samples depend on; before an import, that nothing was imported.
  func sampleInputs(in records: Records) throws -> StageInputs
  /// Whether a shard holds samples of this stage; `inputs` are the stage's.
  func owns(_ header: ShardHeader, _ inputs: StageInputs) -> Bool
  /// A sentence that names the command which makes the samples.
  var remedy: String { get }
  /// What a person can do about shards that could not be read because of `error`.
  func remedy(for error: LoaderError) -> String
  /// Has several ranks make planned shards together, where they can.
  /// - Returns: Whether they have.
  func makeOnRanks(_ plans: [ShardPlan], in session: Session, on engine: Engine) throws -> Bool
}

extension Split {
  /// The name of the stage that makes its samples.
  var stageName: String { "build \(rawValue)" }
}

extension SampleStage {
  var name: String { split.stageName }

  func inputs(in records: Records) throws -> StageInputs? { try sampleInputs(in: records) }

  func makeOnRanks(_ plans: [ShardPlan], in session: Session, on engine: Engine) throws -> Bool { false }

  func owns(_ header: ShardHeader, _ inputs: StageInputs) -> Bool {
    header.split == split && header.specHash == inputs.hash
  }

  func unusable(_ error: LoaderError) -> PipelineError { .unusableShards(error, remedy: remedy(for: error)) }

  /// What later stages depend on, whether or not the samples exist already.
  func data(in records: Records) throws -> SplitData {
    SplitData(inputs: try sampleInputs(in: records), count: try count ?? records.catalog?.sampleCount(of: split) ?? 0)
  }

  /// As `data`, of a split whose samples are all recorded. Their files are checked when they are read.
  /// - Throws: `PipelineError.missing` where some are not recorded.
  func recordedData(in records: Records, for purpose: String) throws -> SplitData {
    let (data, row) = (try data(in: records), try records.stage(named: name))
    guard let catalog = records.catalog, let row, row.contentHash == data.inputs.hash.description, row.state == .done,
      try catalog.sampleCount(of: split) == data.count
    else {
      throw PipelineError.missing(stage: "the \(split.rawValue) split that \(purpose) needs", remedy: remedy)
    }
    return data
  }

  func state(in records: Records) throws -> StageState {
    try state(for: sampleInputs(in: records), count: count, in: records)
  }

  /// - Parameter count: How many samples there should be; nil for those that are recorded.
  func state(for inputs: StageInputs, count: Int?, in records: Records) throws -> StageState {
    try state(of: records.stage(named: name), for: inputs) { row in
      let shards = try shards(for: inputs, in: records)
      return shards.state(of: row, count: count ?? shards.sampleCount)
    }
  }

  /// The state of the recorded shards.
  func shards(for inputs: StageInputs, in records: Records) throws -> SplitShards {
    try SplitShards(
      split, isCurrent: records.stage(named: name)?.contentHash == inputs.hash.description,
      allowsDamagedBlocks: spec.shards.onCorrupt == .skip, in: records)
  }
}

/// What the stages that use a split depend on.
struct SplitData: Sendable {
  /// Of the stage that makes them.
  let inputs: StageInputs
  let count: Int
}

extension SampleStage {
  /// Runs `body`. If a shard of the stage cannot be read, the error says how to restore it.
  func reading<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as ShardError {
      throw unusable(.shard(error))
    } catch let error as LoaderError {
      throw unusable(error)
    }
  }

  /// Opens samples for reading.
  /// - Parameter files: Those of the shards, in the workspace.
  /// - Throws: `PipelineError.unusableShards`.
  func dataset(of files: [String], in workspace: Workspace) throws -> Dataset {
    let (captcha, paths) = (spec.captcha, files.map(workspace.path(ofFile:)))
    let dataset = try reading { try Dataset(paths: paths) }
    guard dataset.geometry == captcha.geometry, dataset.alphabet == captcha.alphabet,
      dataset.labelCapacity == captcha.lengths.upperBound
    else { throw unusable(.foreign(path: paths[0])) }
    return dataset
  }
}

extension Session {
  /// The files of the recorded shards of a stage.
  func shardFiles(of stage: any SampleStage) throws -> [String] { try catalog.shards(of: stage.split).map(\.file) }

  /// Opens the recorded samples of a stage for reading.
  /// - Throws: `PipelineError.unusableShards`.
  func dataset(of stage: any SampleStage) throws -> Dataset {
    try stage.dataset(of: shardFiles(of: stage), in: workspace)
  }
}
