import Files
import Synchronization

/// A disk on which the n-th operation that changes it may fail, and which remembers all of them. Operations on files
/// come from `FileSystem`, those on the database from SQLite's VFS; they are counted together, in the order of time.
/// All are carried out in a folder of the real disk.
package final class FaultyDisk: Sendable {
  private struct State {
    var history = DiskHistory()
    /// The operation that failed; nil until it is reached.
    var failedPlace: String?
    /// The database file whose bytes the last operation wrote.
    var database: String?
  }

  private let state = Mutex(State())
  private let code: Int32
  private let number: Int
  private let countsDatabaseWritesSingly: Bool

  /// - Parameters:
  ///   - code: The error number that operation `number` fails with; a write has then written half. Later ones succeed.
  ///   - number: From 1; 0 lets all succeed.
  ///   - countsDatabaseWritesSingly: If not, consecutive writes to one database file count as one operation.
  package init(failingWith code: Int32 = 0, atOperation number: Int = 0, countsDatabaseWritesSingly: Bool = false) {
    self.code = code
    self.number = number
    self.countsDatabaseWritesSingly = countsDatabaseWritesSingly
  }

  /// All operations so far.
  package var history: DiskHistory { state.withLock { $0.history } }

  /// The operation that failed, such as "sync /tmp/a"; nil if it was not reached.
  package var failedPlace: String? { state.withLock { $0.failedPlace } }

  /// Counts an operation.
  /// - Parameter half: Its effect if it fails.
  /// - Returns: The error number that it fails with; nil if it succeeds.
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

  /// Records the effect of an operation.
  func note(_ change: @escaping DiskHistory.Change) { state.withLock { $0.history.note(change) } }
}
