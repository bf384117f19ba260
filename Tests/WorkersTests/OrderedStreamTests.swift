import Dispatch
import Synchronization
import Testing
import Workers

private struct JobFailure: Error, Equatable {
  let job: Int
}

/// Counts jobs, and remembers by how many the started ones were ahead of those asked for.
private final class Ledger: Sendable {
  private struct State {
    var started: [Int] = []
    var asked = 0
    var lead = 0
  }
  private let state = Mutex(State())

  func start(_ job: Int) {
    state.withLock { state in
      state.started.append(job)
      state.lead = max(state.lead, state.started.count - state.asked)
    }
  }

  /// Called before each `next()`.
  func ask() { state.withLock { $0.asked += 1 } }

  var started: [Int] { state.withLock { $0.started } }
  var lead: Int { state.withLock { $0.lead } }
}

/// Signals when nothing holds it any more.
private final class Tombstone: Sendable {
  private let gone: DispatchSemaphore
  init(_ gone: DispatchSemaphore) { self.gone = gone }
  deinit { gone.signal() }
}

@Suite struct OrderedStreamTests {
  @Test(arguments: [1, 2, 5], [1, 2, 7])
  func resultsComeInOrder(threadCount: Int, window: Int) throws {
    // Uneven work, so that later jobs overtake earlier ones.
    let stream = OrderedStream(jobs: 10..<200, threadCount: threadCount, window: window) { job in
      (0..<(job * 7919 % 1000)).reduce(job) { sum, number in sum ^ number ^ number }
    }
    for job in 10..<200 { #expect(try stream.next() == job) }
    #expect(try stream.next() == nil)
    #expect(try stream.next() == nil)
  }

  @Test func noJobsGiveNoResults() throws {
    let stream = OrderedStream(jobs: 0..<0, threadCount: 2, window: 2) { $0 }
    #expect(try stream.next() == nil)
  }

  @Test(arguments: [(1, 3), (2, 2), (4, 4), (2, 5)])
  func theWindowIsFilledAndNeverExceeded(threadCount: Int, window: Int) throws {
    let ledger = Ledger()
    let started = DispatchSemaphore(value: 0)
    let stream = OrderedStream(jobs: 0..<50, threadCount: threadCount, window: window) { job in
      ledger.start(job)
      started.signal()
      return job
    }
    // Nothing is taken yet, and still the whole window is computed.
    for _ in 0..<window { started.wait() }
    for job in 0..<50 {
      ledger.ask()
      #expect(try stream.next() == job)
    }
    #expect(ledger.lead == window)
    #expect(ledger.started.sorted() == Array(0..<50))
  }

  @Test func noMoreJobsRunAtATimeThanThreads() throws {
    let running = Mutex((now: 0, most: 0))
    let stream = OrderedStream(jobs: 0..<200, threadCount: 3, window: 20) { job in
      running.withLock { running in
        running.now += 1
        running.most = max(running.most, running.now)
      }
      defer { running.withLock { $0.now -= 1 } }
      return (0..<1000).reduce(job) { $0 ^ $1 }
    }
    while try stream.next() != nil {}
    #expect(running.withLock { $0.most } <= 3)
  }

  /// Job 4 fails before job 2 does; the consumer sees the results before job 2, then its error, then the end.
  @Test func theFirstErrorInOrderEndsTheStream() throws {
    let hasFailed = DispatchSemaphore(value: 0)
    let ledger = Ledger()
    let stream = OrderedStream(jobs: 0..<100, threadCount: 3, window: 5) { job in
      ledger.start(job)
      if job == 4 {
        hasFailed.signal()
        throw JobFailure(job: 4)
      }
      if job == 2 {
        hasFailed.wait()
        throw JobFailure(job: 2)
      }
      return job
    }
    #expect(try stream.next() == 0)
    #expect(try stream.next() == 1)
    #expect(throws: JobFailure(job: 2)) { try stream.next() }
    #expect(try stream.next() == nil)
    // Two were taken, the third ends the stream: nothing beyond the window after it was started.
    #expect(ledger.started.allSatisfy { $0 < 2 + 5 })
  }

  @Test func droppingTheStreamStartsNoFurtherJob() throws {
    let ledger = Ledger()
    let started = DispatchSemaphore(value: 0)
    let mayEnd = DispatchSemaphore(value: 0)
    let gone = DispatchSemaphore(value: 0)
    do {
      let tombstone = Tombstone(gone)
      let stream = OrderedStream(jobs: 0..<1000, threadCount: 2, window: 10) { job in
        ledger.start(job)
        started.signal()
        mayEnd.wait()
        return withExtendedLifetime(tombstone) { job }
      }
      for _ in 0..<2 { started.wait() }
      withExtendedLifetime(stream) {}
    }
    // Enough for every job, so that a stream that went on would end too.
    for _ in 0..<1000 { mayEnd.signal() }
    // The jobs' closure goes when the last of them is over.
    gone.wait()
    #expect(ledger.started.sorted() == [0, 1])
  }
}
