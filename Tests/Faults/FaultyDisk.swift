import Files
import Synchronization

/// A disk on which the n-th operation that changes it may fail, and which remembers all of them. Files go through
/// `FileSystem`, the database through SQLite's own seam, the VFS; both are counted together, in the order in which they
/// happen. The operations are truly made, in a folder of the real disk.
package final class FaultyDisk: Sendable {
  private struct State {
    var history = DiskHistory()
    /// The chosen operation was reached; says what it was.
    var failedPlace: String?
    /// The database file whose bytes the last operation wrote.
    var database: String?
  }

  private let state = Mutex(State())
  private let code: Int32
  private let number: Int
  private let countsDatabaseWritesSingly: Bool

  /// - Parameters:
  ///   - code: The error number that the operation `number` fails with; a write is half made then. The next ones succeed.
  ///   - number: From 1; 0 lets all succeed.
  ///   - countsDatabaseWritesSingly: Else the writes that follow each other to one database file are one operation.
  package init(failingWith code: Int32 = 0, atOperation number: Int = 0, countsDatabaseWritesSingly: Bool = false) {
    self.code = code
    self.number = number
    self.countsDatabaseWritesSingly = countsDatabaseWritesSingly
  }

  /// Of all operations so far.
  package var history: DiskHistory { state.withLock { $0.history } }

  /// What the operation that failed was, such as "sync /tmp/a"; nil where it was not reached.
  package var failedPlace: String? { state.withLock { $0.failedPlace } }

  /// Counts an operation.
  /// - Parameter half: What it has done when it fails.
  /// - Returns: The error number that it fails with; nil where it succeeds.
  func failure(of operation: String, path: String, half: DiskHistory.Change? = nil) -> Int32? {
    state.withLock { state in
      state.database = nil
      return count("\(operation) \(path)", half: half, &state)
    }
  }

  func failure(ofDatabaseWriteTo path: String, half: @escaping DiskHistory.Change) -> Int32? {
    state.withLock { state in
      let continues = state.database == path && !countsDatabaseWritesSingly
      state.database = path
      return continues ? nil : count("write \(path)", half: half, &state)
    }
  }

  private func count(_ place: String, half: DiskHistory.Change?, _ state: inout State) -> Int32? {
    state.history.begin(place, half: half)
    guard state.history.operationCount == number else { return nil }
    state.failedPlace = place
    return code
  }

  /// Notes what an operation did.
  func note(_ change: @escaping DiskHistory.Change) { state.withLock { $0.history.note(change) } }
}
