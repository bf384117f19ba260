import Catalog
import Files
import Foundation
import Loader
import Samples
import Shards
import Workers

/// A workspace that is open for work. It is locked for as long as this lives.
final class Session {
  let workspace: Workspace
  let catalog: Catalog
  let fileSystem: any FileSystem
  let cancellation: Cancellation
  /// Told what happens, on the calling thread.
  let report: (PipelineEvent) -> Void
  private let lock: LockFile

  /// Makes the workspace where there is none.
  /// - Throws: `FileError`, `CatalogError`, or `LockError.held` where another command works in it.
  init(
    _ workspace: Workspace, fileSystem: any FileSystem, cancellation: Cancellation,
    report: @escaping (PipelineEvent) -> Void
  ) throws {
    self.workspace = workspace
    self.fileSystem = fileSystem
    self.cancellation = cancellation
    self.report = report
    lock = try workspace.prepare(in: fileSystem)
    try workspace.removePartialFiles(in: fileSystem)
    catalog = try Catalog(workspace.catalogPath, for: .write)
  }

  /// What is recorded now.
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

  /// What `body` returns; where it comes upon a shard that cannot be read, the error says how to have it again.
  func readingSamples<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as ShardError {
      throw PipelineError.unusableShards(.shard(error))
    } catch let error as LoaderError {
      throw PipelineError.unusableShards(error)
    }
  }
}

/// What a workspace holds, for whoever asks how stages stand: a command that works in it, or one that only looks.
final class Records {
  let workspace: Workspace
  /// nil where nothing is recorded yet.
  let catalog: Catalog?
  /// Whether the workspace is locked for this command; else nothing in it may change.
  let isOpenForWork: Bool
  /// By the name of the stage.
  private var states: [String: StageState] = [:]

  fileprivate init(of session: Session) {
    (workspace, catalog, isOpenForWork) = (session.workspace, session.catalog, true)
  }

  /// What there is now, without a lock.
  init(readFrom workspace: Workspace) throws(CatalogError) {
    (self.workspace, isOpenForWork) = (workspace, false)
    catalog = try workspace.recordedCatalog()
  }

  func stage(named name: String) throws(CatalogError) -> StageRow? { try catalog?.stage(named: name) }

  /// How a stage of a pipeline stands. It is looked at once: a stage whose result depends on it asks too.
  func state(of stage: any Stage) throws -> StageState {
    if let state = states[stage.name] { return state }
    let state = try stage.state(in: self)
    states[stage.name] = state
    return state
  }
}
