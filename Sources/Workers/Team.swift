import Dispatch
import Synchronization

/// A fixed number of threads that share the iterations of a loop.
package struct Team: Sendable {
  package let threadCount: Int
  private let record: WorkRecord?

  /// - Parameter threadCount: nil for `usableProcessorCount()`. In a process without threads of its own (`hasThreads`),
  ///   it is 1.
  package init(threadCount: Int? = nil) {
    self.threadCount = hasThreads ? max(1, threadCount ?? usableProcessorCount()) : 1
    record = nil
  }

  /// A team of one thread, whose times go to `record`.
  package init(recordingTo record: WorkRecord) {
    threadCount = 1
    self.record = record
  }

  /// Runs `body`; where times are recorded, its time is added to `label`.
  package func time<Result>(_ label: @autoclosure () -> WorkLabel, _ body: () throws -> Result) rethrows -> Result {
    guard let record else { return try body() }
    return try record.time(label(), body)
  }

  /// Calls `body` once with each of 0 ..< `count`, on up to `threadCount` threads, and returns when all calls have. The
  /// iterations go to whichever thread is free, so `body` must not depend on their order.
  package func run(count: Int, _ body: @Sendable (Int) -> Void) { run(count: count) { index, _ in body(index) } }

  /// As above, and passes `body` a worker number below `threadCount` and `count`, which no other call has at that time.
  package func run(count: Int, _ body: @Sendable (_ index: Int, _ worker: Int) -> Void) {
    if let record { return record.loop(count: count) { index in body(index, 0) } }
    guard threadCount > 1 && count > 1 else {
      for index in 0..<count { body(index, 0) }
      return
    }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: min(threadCount, count)) { worker in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index, worker)
      }
    }
  }

  /// The results of `body` for each of 0 ..< `count`, in order. Threads take `atATime` neighbouring indices at a time.
  package func map<Value: Sendable>(count: Int, atATime: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
    [Value](unsafeUninitializedCapacity: count) { results, initializedCount in
      // SAFETY: each iteration initializes its own elements, and all are initialized when the loop ends.
      nonisolated(unsafe) let results = results
      run(count: (count + atATime - 1) / atATime) { part in
        for index in part * atATime..<min(count, (part + 1) * atATime) {
          results.initializeElement(at: index, to: body(index))
        }
      }
      initializedCount = count
    }
  }
}
