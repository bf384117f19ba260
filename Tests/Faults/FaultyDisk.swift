import Files
import Foundation
import Synchronization

/// A disk that fails, or loses its power, at the n-th operation that changes it. Files go through `FileSystem`, the
/// database through SQLite's own seam, the VFS; both are counted together, in the order in which they happen.
///
/// The operations are truly made, in a folder of the real disk. After a kill or a power loss none has an effect any more;
/// `restart()` then takes back what the lost power would have taken.
package final class FaultyDisk: Sendable {
  /// What happens at the chosen operation. A write is half made before.
  package enum Fault: Sendable, Hashable {
    /// It fails with this error number, and the next ones succeed.
    case error(Int32)
    /// The process dies. What it wrote is there.
    case kill
    /// What was not synced is gone: bytes of files, and names of directories.
    case powerLoss
    /// Bytes that were not synced are gone, but names are there: what a file system may do that orders nothing.
    case powerLossKeepingNames
  }

  enum Verdict {
    case proceed
    /// Fails with this error number, after half of the bytes where it is a write.
    case fail(Int32)
    /// Fails and does nothing: power or process are gone.
    case dead
  }

  private struct State {
    var operationCount = 0
    /// The chosen operation was reached; says what it was.
    var place: String?
    var isDead = false
    var contents = DiskContents()
    /// The database file whose bytes the last operation wrote.
    var database: String?
  }

  private let state = Mutex(State())
  private let fault: Fault
  private let number: Int
  private let countsDatabaseWritesSingly: Bool

  /// - Parameters:
  ///   - number: The operation at which `fault` happens, from 1; 0 lets all succeed.
  ///   - countsDatabaseWritesSingly: Else the writes that follow each other to one database file are one operation.
  package init(_ fault: Fault, atOperation number: Int, countsDatabaseWritesSingly: Bool = false) {
    self.fault = fault
    self.number = number
    self.countsDatabaseWritesSingly = countsDatabaseWritesSingly
  }

  /// Operations so far.
  package var operationCount: Int { state.withLock { $0.operationCount } }

  /// What the chosen operation was, such as "sync /tmp/a"; nil where it was not reached.
  package var faultPlace: String? { state.withLock { $0.place } }

  /// Brings the folder to the state in which the next process finds it.
  package func restart() throws {
    try state.withLock { state in
      guard state.isDead, fault != .kill else { return }
      try state.contents.losePower(keepingNames: fault == .powerLossKeepingNames)
    }
  }

  /// Counts an operation and says how it ends.
  func verdict(on operation: String, path: String) -> Verdict {
    state.withLock { state in
      state.database = nil
      return judge(operation, path: path, &state)
    }
  }

  func verdict(onDatabaseWriteTo path: String) -> Verdict {
    state.withLock { state in
      let continues = state.database == path && !countsDatabaseWritesSingly && !state.isDead
      state.database = path
      return continues ? .proceed : judge("write", path: path, &state)
    }
  }

  private func judge(_ operation: String, path: String, _ state: inout State) -> Verdict {
    guard !state.isDead else { return .dead }
    state.operationCount += 1
    guard state.operationCount == number else { return .proceed }
    state.place = "\(operation) \(path)"
    guard case .error(let code) = fault else {
      state.isDead = true
      return .fail(EIO)
    }
    return .fail(code)
  }

  /// Notes what an operation did.
  func note(_ change: (inout DiskContents) -> Void) { state.withLock { change(&$0.contents) } }
}
