/// Processes that compute together, each on its part of the work: MPI's communicator, of which a computation needs one
/// operation only.
package protocol Communicator: Sendable {
  /// This process's number, from 0.
  var rank: Int { get }
  /// How many processes there are.
  var count: Int { get }

  /// Sends a message to every rank and receives one from every rank, and returns when this rank's buffers may be used
  /// again. All ranks call it equally often, on one thread each. A rank's element for itself is ignored, and empty
  /// messages are not sent.
  /// - Parameters:
  ///   - messages: One for each rank.
  ///   - buffers: One for each rank, of the size of the message that it sends to this one.
  func exchange(sending messages: [UnsafeRawBufferPointer], receiving buffers: [UnsafeMutableRawBufferPointer])
}

/// The one process of a computation without others.
package struct SingleRank: Communicator {
  package let rank = 0
  package let count = 1

  package init() {}

  package func exchange(
    sending messages: [UnsafeRawBufferPointer], receiving buffers: [UnsafeMutableRawBufferPointer]
  ) {}
}
