import Dispatch
import Synchronization

/// A result that a thread of Dispatch works out while others go on.
package final class Future<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let done = DispatchGroup()

  /// - Parameter work: Called once, on another thread.
  package init(_ work: @escaping @Sendable () throws -> Value) {
    DispatchQueue.global().async(group: done) {
      let result = Result { try work() }
      self.result.withLock { $0 = result }
    }
  }

  /// Waits for the result; any number of times, on any thread.
  /// - Throws: What the work threw.
  package func get() throws -> Value {
    done.wait()
    guard let result = result.withLock({ $0 }) else { preconditionFailure("the work is done") }
    return try result.get()
  }
}
