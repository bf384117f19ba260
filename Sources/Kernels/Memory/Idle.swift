import Synchronization

/// Things that one thread at a time uses, as many as there are threads: each takes one and gives it back.
final class Idle<Value: Sendable>: Sendable {
  private let values: Mutex<[Value]>

  init(_ values: [Value]) { self.values = Mutex(values) }

  /// - Precondition: there are no more threads at a time than values.
  func lend(_ body: (Value) -> Void) {
    guard let value = values.withLock({ $0.popLast() }) else {
      preconditionFailure("there are no more threads than this was made for")
    }
    body(value)
    values.withLock { $0.append(value) }
  }
}
