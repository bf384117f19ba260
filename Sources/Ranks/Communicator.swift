/// Processes that compute together, each on its part of the work: MPI's communicator, of which a computation needs one
/// operation only.
package protocol Communicator: Sendable {
  /// This process's number, from 0.
  var rank: Int { get }
  /// How many processes there are.
  var count: Int { get }

  /// Begins to send a message to every rank and to receive one from every rank. All ranks begin the same exchanges in
  /// the same order, on one thread each, and may have begun several. A rank's element for itself is ignored, and empty
  /// messages are not sent.
  /// - Parameters:
  ///   - messages: One for each rank.
  ///   - buffers: One for each rank, of the size of the message that it sends to this one.
  /// - Returns: Until its `wait` returns, messages stay as they are and buffers are not used.
  func begin(
    sending messages: [UnsafeRawBufferPointer], receiving buffers: [UnsafeMutableRawBufferPointer]
  ) -> any PendingExchange
}

/// An exchange that has begun.
package protocol PendingExchange {
  /// Returns when the messages are sent and received. Called once, on the thread that began it.
  func wait()
}

/// An exchange that needed no time.
package struct FinishedExchange: PendingExchange {
  package init() {}
  package func wait() {}
}

/// The one process of a computation without others.
package struct SingleRank: Communicator {
  package let rank = 0
  package let count = 1

  package init() {}

  package func begin(
    sending messages: [UnsafeRawBufferPointer], receiving buffers: [UnsafeMutableRawBufferPointer]
  ) -> any PendingExchange { FinishedExchange() }
}

extension Communicator {
  /// Every rank sends a value to all others.
  /// - Returns: The values of all ranks, in order.
  package func share<Value: BitwiseCopyable>(_ value: Value) -> [Value] {
    share([value], counts: Array(repeating: 1, count: count)).flatMap { $0 }
  }

  /// Every rank sends values to all others.
  /// - Parameter counts: How many values each rank sends.
  /// - Returns: The values of all ranks, in order.
  package func share<Value: BitwiseCopyable>(_ own: [Value], counts: [Int]) -> [[Value]] {
    precondition(own.count == counts[rank])
    let size = MemoryLayout<Value>.stride
    let ends = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1 * size) }
    var bytes = [UInt8](repeating: 0, count: ends[count])
    return bytes.withUnsafeMutableBytes { bytes in
      let parts = (0..<count).map { UnsafeMutableRawBufferPointer(rebasing: bytes[ends[$0]..<ends[$0 + 1]]) }
      own.withUnsafeBytes { parts[rank].copyMemory(from: $0) }
      PieceExchange(self, sharing: parts.map { [$0] }).run()
      return parts.map { part in
        (0..<part.count / size).map { part.loadUnaligned(fromByteOffset: $0 * size, as: Value.self) }
      }
    }
  }
}
