/// An exchange of messages that consist of pieces of memory, always the same. Messages of several pieces are copied
/// through memory of their own.
// SAFETY: the caller keeps the pieces valid, and no other thread uses them during the exchange. One thread makes all calls.
package final class PieceExchange: @unchecked Sendable {
  private let ranks: any Communicator
  /// What this rank packs: a message for each other rank, or one for all.
  private let packed: [Message]
  /// The message for each rank.
  private let sent: [UnsafeRawBufferPointer]
  private let received: [Message]
  private var pending: (any PendingExchange)?

  private struct Message {
    let pieces: [UnsafeMutableRawBufferPointer]
    /// All pieces, one after the other; a single piece is its own message.
    let memory: UnsafeMutableRawBufferPointer

    init(_ pieces: [UnsafeMutableRawBufferPointer]) {
      self.pieces = pieces.filter { !$0.isEmpty }
      let byteCount = self.pieces.reduce(0) { $0 + $1.count }
      memory = self.pieces.count == 1 ? self.pieces[0] : .allocate(byteCount: byteCount, alignment: 64)
    }

    func free() { if pieces.count != 1 { memory.deallocate() } }

    /// Calls `body` with each piece and its part of the memory.
    func forEachPart(_ body: (_ piece: UnsafeMutableRawBufferPointer, _ part: UnsafeMutableRawBufferPointer) -> Void) {
      guard pieces.count > 1 else { return }
      var offset = 0
      for piece in pieces {
        body(piece, UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + piece.count]))
        offset += piece.count
      }
    }
  }

  /// - Parameters:
  ///   - sending: The pieces for each rank. Those for this one are ignored.
  ///   - receiving: The pieces from each rank, which it sends in the same order and sizes.
  package init(
    _ ranks: any Communicator, sending: [[UnsafeMutableRawBufferPointer]], receiving: [[UnsafeMutableRawBufferPointer]]
  ) {
    precondition(sending.count == ranks.count && receiving.count == ranks.count)
    self.ranks = ranks
    packed = Self.messages(sending, butOf: ranks.rank)
    sent = packed.map { .init($0.memory) }
    received = Self.messages(receiving, butOf: ranks.rank)
  }

  /// Every rank sends its pieces to all others.
  /// - Parameter pieces: Those of each rank; this rank's are sent, the others' are overwritten.
  package init(_ ranks: any Communicator, sharing pieces: [[UnsafeMutableRawBufferPointer]]) {
    precondition(pieces.count == ranks.count)
    self.ranks = ranks
    let own = Message(ranks.count > 1 ? pieces[ranks.rank] : [])
    packed = [own]
    sent = Array(repeating: .init(own.memory), count: ranks.count)
    received = Self.messages(pieces, butOf: ranks.rank)
  }

  private static func messages(_ pieces: [[UnsafeMutableRawBufferPointer]], butOf rank: Int) -> [Message] {
    pieces.enumerated().map { Message($0 == rank ? [] : $1) }
  }

  deinit { for message in packed + received { message.free() } }

  package func run() {
    begin()
    wait()
  }

  /// Until `wait` returns, the pieces stay as they are, and those to receive are not used.
  package func begin() {
    guard ranks.count > 1 else { return }
    precondition(pending == nil, "an exchange ends before it begins again")
    for message in packed { message.forEachPart { piece, part in part.copyMemory(from: .init(piece)) } }
    pending = ranks.begin(sending: sent, receiving: received.map(\.memory))
  }

  package func wait() {
    guard ranks.count > 1 else { return }
    guard let pending else { preconditionFailure("an exchange ends after it has begun") }
    pending.wait()
    self.pending = nil
    for message in received { message.forEachPart { piece, part in piece.copyMemory(from: .init(part)) } }
  }
}
