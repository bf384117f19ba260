import Synchronization

/// A flag that asks work to stop at its next safe point.
package final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package var isCancelled: Bool { flag.load(ordering: .relaxed) }
  package func cancel() { flag.store(true, ordering: .relaxed) }

  /// - Throws: `Interrupted` once `cancel()` was called.
  package func check() throws(Interrupted) {
    if isCancelled { throw Interrupted() }
  }
}

/// Work stopped because it was asked to.
package struct Interrupted: Error, Equatable {
  package init() {}
}
