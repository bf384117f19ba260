import Synchronization

/// A pool of values, each for one thread at a time. A thread takes one and gives it back.
final class Idle<Value: Sendable>: Sendable {
  private let values: Mutex<[Value]>

  init(_ values: [Value]) { self.values = Mutex(values) }

  /// - Precondition: no more threads at a time than values.
  func lend(_ body: (Value) -> Void) {
    guard let value = values.withLock({ $0.popLast() }) else {
      preconditionFailure("more threads at a time than this was made for")
    }
    body(value)
    values.withLock { $0.append(value) }
  }
}
