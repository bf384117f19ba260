import Synchronization
import Testing
import Workers

@Suite struct TeamTests {
  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 7, 1000])
  func everyIndexIsDoneOnce(threadCount: Int, count: Int) {
    let calls = Mutex([Int](repeating: 0, count: count))
    Team(threadCount: threadCount).run(count: count) { index in calls.withLock { $0[index] += 1 } }
    #expect(calls.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  /// What a worker has is used by one call at a time.
  @Test(arguments: [1, 2, 3])
  func oneCallAtATimeHasAWorker(threadCount: Int) {
    let busy = Mutex<Set<Int>>([])
    Team(threadCount: threadCount).run(count: 1000) { _, worker in
      let isMine = busy.withLock { $0.insert(worker).inserted }
      #expect(isMine && 0..<threadCount ~= worker)
      busy.withLock { _ = $0.remove(worker) }
    }
  }

  @Test func loopsMayStandInLoops() {
    let team = Team(threadCount: 2)
    let sum = Mutex(0)
    team.run(count: 10) { outer in
      team.run(count: 10) { inner in sum.withLock { $0 += 10 * outer + inner } }
    }
    #expect(sum.withLock { $0 } == 4950)
  }

  @Test(arguments: [1, 3], [(0, 4), (1, 4), (8, 4), (9, 4), (100, 1)] as [(Int, Int)])
  func mapsInOrder(threadCount: Int, size: (count: Int, atATime: Int)) {
    let texts = Team(threadCount: threadCount).map(count: size.count, atATime: size.atATime) { "number \($0)" }
    #expect(texts == (0..<size.count).map { "number \($0)" })
  }

  @Test func thereIsAtLeastOneThread() {
    #expect(Team().threadCount >= 1)
    #expect(Team(threadCount: 0).threadCount == 1)
    #expect(Team(threadCount: 3).threadCount == 3)
  }
}

@Suite struct CancellationTests {
  @Test func workGoesOnUntilItIsCancelled() throws {
    let cancellation = Cancellation()
    #expect(!cancellation.isCancelled)
    try cancellation.check()
    cancellation.cancel()
    #expect(cancellation.isCancelled)
    #expect(throws: Interrupted()) { try cancellation.check() }
  }
}
