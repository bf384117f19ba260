import Dispatch
import Foundation

/// Results of numbered jobs, computed ahead on Dispatch and taken in order. At most `window` results exist at a time,
/// finished or in progress, so a slow consumer holds the work back. The first failing job, in order, ends the stream
/// with its error. After the stream is dropped, no further job starts. In a process without threads of its own
/// (`hasThreads`), `next()` computes each result.
package final class OrderedStream<Value: Sendable>: Sendable {
  /// Computes the result of one job.
  package typealias Worker = (_ job: Int) throws -> Value

  private let state: State

  /// - Parameters:
  ///   - jobs: The job numbers, in the order in which results are taken.
  ///   - threadCount: How many jobs run at a time; at least 1.
  ///   - window: The most results that exist at a time; at least 1.
  ///   - makeWorker: Called once for each thread. A worker does one job at a time, so it can own memory and reuse it.
  package init(jobs: Range<Int>, threadCount: Int, window: Int, makeWorker: @Sendable () -> Worker) {
    precondition(threadCount > 0 && window > 0)
    let workers = (0..<min(threadCount, window)).map { _ in makeWorker() }
    state = State(jobs: jobs, window: window, workers: workers)
  }

  /// - Parameter work: Computes one result; called on any thread, for several jobs at once.
  package convenience init(
    jobs: Range<Int>, threadCount: Int, window: Int, work: @escaping @Sendable (Int) throws -> Value
  ) {
    self.init(jobs: jobs, threadCount: threadCount, window: window, makeWorker: { work })
  }

  deinit { state.stop() }

  /// The next result in order, nil after the last. Called by one thread at a time.
  /// - Throws: What the next job threw; the stream has then ended.
  package func next() throws -> Value? { try state.take() }

  /// A worker occupies a thread only while the window has room for another job: no thread sleeps to wait for it.
  // SAFETY: every variable is read and written only with `condition` locked. A worker is called by the one thread that
  // took it from `idleWorkers`.
  private final class State: @unchecked Sendable {
    private let condition = NSCondition()
    /// nil where `take()` does the jobs.
    private let queue = hasThreads ? DispatchQueue(label: "glyphline.ahead", attributes: .concurrent) : nil
    private var idleWorkers: [Worker]
    private var end: Int
    private var nextToStart: Int
    private var nextToTake: Int
    /// The result of job n is in slot n modulo the window.
    private var results: [Result<Value, any Error>?]

    init(jobs: Range<Int>, window: Int, workers: [Worker]) {
      nextToStart = jobs.lowerBound
      nextToTake = jobs.lowerBound
      end = jobs.upperBound
      idleWorkers = workers
      results = Array(repeating: nil, count: window)
      condition.withLock { startIdleWorkers() }
    }

    /// The next job, if it may start now.
    private func startJob() -> Int? {
      guard nextToStart < end && nextToStart - nextToTake < results.count else { return nil }
      defer { nextToStart += 1 }
      return nextToStart
    }

    private func startIdleWorkers() {
      guard let queue else { return }
      while let idle = idleWorkers.last, let job = startJob() {
        idleWorkers.removeLast()
        // SAFETY: the worker was removed from `idleWorkers`, so only the thread that runs it has it.
        nonisolated(unsafe) let worker = idle
        queue.async { self.run(worker, from: job) }
      }
    }

    private func run(_ worker: @escaping Worker, from firstJob: Int) {
      var job = firstJob
      while true {
        let result = Result { try worker(job) }
        condition.lock()
        defer { condition.unlock() }
        store(result, of: job)
        if job == nextToTake { condition.signal() }
        guard let next = startJob() else {
          idleWorkers.append(worker)
          return
        }
        job = next
      }
    }

    private func store(_ result: Result<Value, any Error>, of job: Int) {
      results[job % results.count] = result
      // Jobs start in order, so all before a failed one have started, and none after it is needed.
      if case .failure = result { end = min(end, job + 1) }
    }

    func take() throws -> Value? {
      condition.lock()
      defer { condition.unlock() }
      guard nextToTake < end else { return nil }
      if queue == nil, let job = startJob() { store(Result { try idleWorkers[0](job) }, of: job) }
      let slot = nextToTake % results.count
      while results[slot] == nil { condition.wait() }
      defer {
        results[slot] = nil
        nextToTake += 1
        startIdleWorkers()
      }
      return try results[slot]?.get()
    }

    func stop() {
      condition.withLock {
        end = nextToTake
        results = Array(repeating: nil, count: results.count)
      }
    }
  }
}
