import Dispatch
import Foundation

/// Results of numbered jobs, computed ahead on Dispatch and taken in order. At most `window` results exist at any
/// time, finished or under way: a slow consumer holds the work back. The first failing job, in order, ends the stream
/// with its error. Dropping the stream starts no further job.
package final class OrderedStream<Value: Sendable>: Sendable {
  private let state: State

  /// - Parameters:
  ///   - jobs: The job numbers, in the order in which results are taken.
  ///   - threadCount: How many jobs run at a time; at least 1.
  ///   - window: The most results that exist at a time; at least 1.
  ///   - work: Computes one result; called on any thread, for several jobs at once.
  package init(
    jobs: Range<Int>, threadCount: Int, window: Int, work: @escaping @Sendable (Int) throws -> Value
  ) {
    precondition(threadCount > 0 && window > 0)
    state = State(jobs: jobs, threadCount: threadCount, window: window, work: work)
    state.startJobs()
  }

  deinit { state.stop() }

  /// The next result in order, nil after the last. Called by one thread at a time.
  /// - Throws: What the next job threw; the stream has then ended.
  package func next() throws -> Value? { try state.take() }

  /// A job is a block of its own on the queue, submitted once the window has room for it: no thread sleeps while it
  /// waits for the consumer.
  // SAFETY: every variable is read and written only with `condition` locked.
  private final class State: @unchecked Sendable {
    private let condition = NSCondition()
    private let queue = DispatchQueue(label: "glyphline.ahead", attributes: .concurrent)
    private let work: @Sendable (Int) throws -> Value
    private let threadCount: Int
    private let window: Int
    private var end: Int
    private var nextToStart: Int
    private var nextToTake: Int
    private var runningCount = 0
    private var finished: [Int: Result<Value, any Error>] = [:]

    init(jobs: Range<Int>, threadCount: Int, window: Int, work: @escaping @Sendable (Int) throws -> Value) {
      nextToStart = jobs.lowerBound
      nextToTake = jobs.lowerBound
      end = jobs.upperBound
      self.threadCount = threadCount
      self.window = window
      self.work = work
    }

    func startJobs() {
      condition.lock()
      defer { condition.unlock() }
      while nextToStart < end && nextToStart < nextToTake + window && runningCount < threadCount {
        let job = nextToStart
        nextToStart += 1
        runningCount += 1
        queue.async { self.run(job) }
      }
    }

    private func run(_ job: Int) {
      let result = Result { try work(job) }
      condition.lock()
      runningCount -= 1
      finished[job] = result
      // Jobs start in order, so all before a failed one are under way, and none after it is wanted.
      if case .failure = result { end = min(end, job + 1) }
      condition.broadcast()
      condition.unlock()
      startJobs()
    }

    func take() throws -> Value? {
      condition.lock()
      guard nextToTake < end else {
        condition.unlock()
        return nil
      }
      while finished[nextToTake] == nil { condition.wait() }
      let result = finished.removeValue(forKey: nextToTake)
      nextToTake += 1
      condition.unlock()
      startJobs()
      return try result?.get()
    }

    func stop() {
      condition.lock()
      end = nextToTake
      finished = [:]
      condition.unlock()
    }
  }
}
