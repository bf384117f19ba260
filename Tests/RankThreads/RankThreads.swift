import Foundation
import Ranks

/// Runs `body` as ranks, each a thread of this process, and returns their results by rank.
package func runAsRanks<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (any Communicator) throws -> Value
) throws -> [Value] {
  let exchange = Exchange(count: count)
  let results = ResultStore<Value>(count: count)
  let threads = (0..<count).map { rank in
    let thread = Thread {
      results.set(Result { try body(ThreadRank(rank: rank, exchange: exchange)) }, of: rank)
    }
    thread.stackSize = 16 << 20
    return thread
  }
  for thread in threads { thread.start() }
  return try results.wait().map { try $0.get() }
}

/// A rank that is a thread.
private struct ThreadRank: Communicator {
  let rank: Int
  let exchange: Exchange
  var count: Int { exchange.count }

  func begin(
    sending messages: [UnsafeRawBufferPointer], receiving buffers: [UnsafeMutableRawBufferPointer]
  ) -> any PendingExchange {
    precondition(messages.count == count && buffers.count == count)
    exchange.post(messages, from: rank)
    for other in 0..<count where other != rank {
      let message = exchange.message(from: other, to: rank)
      precondition(message.count == buffers[other].count, "a rank expects what the other sends")
      buffers[other].copyMemory(from: message)
    }
    exchange.wait()
    return FinishedExchange()
  }
}

/// The messages of all ranks, which stay in their senders' memory until all have copied theirs.
// SAFETY: every variable is read and written only with `condition` locked.
private final class Exchange: @unchecked Sendable {
  let count: Int
  private let condition = NSCondition()
  private var messages: [[UnsafeRawBufferPointer]]
  private var waitingCount = 0
  private var generation = 0

  init(count: Int) {
    self.count = count
    messages = Array(repeating: [], count: count)
  }

  func post(_ sent: [UnsafeRawBufferPointer], from rank: Int) {
    condition.withLock { messages[rank] = sent }
    wait()
  }

  func message(from sender: Int, to receiver: Int) -> UnsafeRawBufferPointer {
    condition.withLock { messages[sender][receiver] }
  }

  /// Waits until all ranks wait.
  func wait() {
    condition.lock()
    defer { condition.unlock() }
    let present = generation
    waitingCount += 1
    if waitingCount == count {
      waitingCount = 0
      generation += 1
      condition.broadcast()
    }
    while generation == present { condition.wait() }
  }
}

// SAFETY: every variable is read and written only with `condition` locked.
private final class ResultStore<Value: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var results: [Result<Value, any Error>?]

  init(count: Int) { results = Array(repeating: nil, count: count) }

  func set(_ result: Result<Value, any Error>, of rank: Int) {
    condition.withLock {
      results[rank] = result
      condition.signal()
    }
  }

  func wait() -> [Result<Value, any Error>] {
    condition.lock()
    defer { condition.unlock() }
    while results.contains(where: { $0 == nil }) { condition.wait() }
    return results.compactMap { $0 }
  }
}
