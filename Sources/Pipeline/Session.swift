import Catalog
import Files
import Foundation
import Loader
import Network
import Ranks
import Samples
import Shards
import Workers

/// A workspace that is open for work and stays locked as long as this exists.
final class Session {
  let workspace: Workspace
  let catalog: Catalog
  let fileSystem: any FileSystem
  /// The ranks that share the work; this is rank 0.
  let group: RankGroup
  let cancellation: Cancellation
  /// Receives events, on the calling thread.
  let report: (PipelineEvent) -> Void
  private let lock: LockFile

  /// Creates the workspace if it does not exist.
  /// - Throws: `FileError`, `CatalogError`, or `LockError.held` where another command works in it.
  init(
    _ workspace: Workspace, fileSystem: any FileSystem, group: RankGroup = RankGroup(),
    cancellation: Cancellation,
    report: @escaping (PipelineEvent) -> Void
  ) throws {
    self.workspace = workspace
    self.fileSystem = fileSystem
    self.group = group
    self.cancellation = cancellation
    self.report = report
    lock = try workspace.prepare(in: fileSystem)
    try workspace.removePartialFiles(in: fileSystem)
    catalog = try Catalog(workspace.catalogPath, for: .write)
  }

  /// The present state of the records.
  var records: Records { Records(of: self) }

  /// Runs `body` and records the command with its outcome in the catalog's table `run`.
  func recording<Value>(_ run: RunRow, _ body: () throws -> Value) throws -> Value {
    let id = try catalog.startRun(run, at: Date())
    do {
      let value = try body()
      try catalog.finishRun(id, .done, at: Date())
      try catalog.close()
      return value
    } catch {
      // The command's own error is what matters; this one may have the same cause, such as a full disk.
      try? catalog.finishRun(id, error is Interrupted ? .interrupted : .failed, at: Date())
      throw error
    }
  }
}

/// What a workspace has recorded, from which stages find their state; for commands that write and for those that read.
final class Records {
  let workspace: Workspace
  /// nil where nothing is recorded yet.
  let catalog: Catalog?
  /// Whether this command holds the workspace's lock; if not, it must change nothing.
  let isOpenForWork: Bool
  /// By the name of the stage.
  private var states: [String: StageState] = [:]
  /// By path.
  private var models: [String: (file: ModelFile, hash: ContentHash)] = [:]

  fileprivate init(of session: Session) {
    (workspace, catalog, isOpenForWork) = (session.workspace, session.catalog, true)
  }

  /// The present records, for a command that only reads.
  init(readFrom workspace: Workspace) throws(CatalogError) {
    (self.workspace, isOpenForWork) = (workspace, false)
    catalog = try workspace.recordedCatalog()
  }

  func stage(named name: String) throws(CatalogError) -> StageRow? { try catalog?.stage(named: name) }

  /// A model file with its hash, read once.
  /// - Throws: `ModelFileError`.
  func model(at path: String) throws -> (file: ModelFile, hash: ContentHash) {
    if let model = models[path] { return model }
    let file = try ModelFile(contentsOf: path)
    let model = (file, try file.hash())
    models[path] = model
    return model
  }

  /// The state of a stage, computed once, since the stages that depend on it ask for it too.
  func state(of stage: any Stage) throws -> StageState {
    if let state = states[stage.name] { return state }
    let state = try stage.state(in: self)
    states[stage.name] = state
    return state
  }
}
