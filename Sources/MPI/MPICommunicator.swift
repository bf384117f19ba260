import Ranks

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Ranks that are processes, on one machine or many, which an MPI library connects. One thread makes all calls, the one that
/// connected.
package final class MPICommunicator: Communicator {
  package let rank: Int
  package let count: Int
  private let library: MPILibrary
  private let pieceByteCount: Int

  /// Messages are in order between two ranks, so one tag does for all.
  private static let tag: Int32 = 1

  fileprivate init(_ launch: Launch, pieceByteCount: Int) throws(MPIError) {
    let library = try MPILibrary.load(launch.libraries, count: launch.count)
    // SAFETY: MPI's standard allows null pointers for the program's arguments.
    var provided: Int32 = 0
    Self.check(library.initialize(nil, nil, MPILibrary.funneled, &provided), "MPI_Init_thread")
    precondition(provided >= MPILibrary.funneled, "the MPI library allows no other threads")
    var (rank, count): (Int32, Int32) = (0, 0)
    Self.check(library.getRank(library.world, &rank), "MPI_Comm_rank")
    Self.check(library.getCount(library.world, &count), "MPI_Comm_size")
    (self.rank, self.count) = (Int(rank), Int(count))
    self.library = library
    self.pieceByteCount = pieceByteCount
    guard self.rank == launch.rank && self.count == launch.count else {
      finish()
      throw .notThisLibrary(name: library.name, rank: self.rank, count: self.count, started: launch)
    }
  }

  /// Takes leave of the other ranks, which call it too. No exchange may follow.
  package func finish() { Self.check(library.finalize(), "MPI_Finalize") }

  /// Ends all ranks at once, for a rank that cannot go on while others wait for its messages.
  /// - Parameter status: The exit code that the launcher is to report.
  package func abort(status: Int32) -> Never {
    _ = library.abort(library.world, status)
    exit(status)
  }

  package func exchange(
    sending messages: [UnsafeRawBufferPointer], receiving buffers: [UnsafeMutableRawBufferPointer]
  ) {
    precondition(messages.count == count && buffers.count == count, "one message and one buffer for each rank")
    // Each rank begins with the one after it, so that not all send to rank 0 first.
    let others = (1..<count).map { (rank + $0) % count }
    let requestCount = others.reduce(0) { $0 + pieceCount(messages[$1].count) + pieceCount(buffers[$1].count) }
    if requestCount == 0 { return }
    withUnsafeTemporaryAllocation(
      byteCount: requestCount * library.requestByteCount, alignment: MemoryLayout<UInt64>.alignment
    ) { requests in
      guard var request = requests.baseAddress else { return }
      // Receiving comes first: a message that finds its buffer waiting is not copied twice.
      for other in others {
        forEachPiece(of: buffers[other].count) { piece in
          receive(buffers[other], piece, from: other, &request)
        }
      }
      for other in others {
        forEachPiece(of: messages[other].count) { piece in
          send(messages[other], piece, to: other, &request)
        }
      }
      wait { testAll(requestCount, requests) }
    }
  }

  /// Into how many pieces a message of this size is divided.
  private func pieceCount(_ byteCount: Int) -> Int { (byteCount + pieceByteCount - 1) / pieceByteCount }

  private func forEachPiece(of byteCount: Int, _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: byteCount, by: pieceByteCount) {
      body(start..<min(start + pieceByteCount, byteCount))
    }
  }

  // SAFETY: of the two functions below: the piece lies in the buffer, which its owner keeps until all requests are done,
  // that is until `exchange` returns; the request's slot is one of the `requestCount` that `exchange` counted.

  private func receive(
    _ buffer: UnsafeMutableRawBufferPointer, _ piece: Range<Int>, from other: Int,
    _ request: inout UnsafeMutableRawPointer
  ) {
    guard let start = UnsafeMutableRawBufferPointer(rebasing: buffer[piece]).baseAddress else { return }
    let status = library.receive(
      start, Int32(piece.count), library.byte, Int32(other), Self.tag, library.world, request)
    Self.check(status, "MPI_Irecv")
    request += library.requestByteCount
  }

  private func send(
    _ message: UnsafeRawBufferPointer, _ piece: Range<Int>, to other: Int, _ request: inout UnsafeMutableRawPointer
  ) {
    guard let start = UnsafeRawBufferPointer(rebasing: message[piece]).baseAddress else { return }
    let status = library.send(start, Int32(piece.count), library.byte, Int32(other), Self.tag, library.world, request)
    Self.check(status, "MPI_Isend")
    request += library.requestByteCount
  }

  /// Lets the library work on the messages.
  /// - Returns: Whether all are sent and received.
  private func testAll(_ requestCount: Int, _ requests: UnsafeMutableRawBufferPointer) -> Bool {
    guard let start = requests.baseAddress else { return true }
    var isDone: Int32 = 0
    // SAFETY: `exchange` filled `requestCount` slots, and the library writes no statuses where it is told to ignore them.
    Self.check(library.testAll(Int32(requestCount), start, &isDone, library.ignoredStatuses), "MPI_Testall")
    return isDone != 0
  }

  /// The library ends all ranks at an error (`MPI_ERRORS_ARE_FATAL`, its default), so a function that returns has succeeded.
  private static func check(_ status: Int32, _ function: String) {
    precondition(status == 0, "\(function) failed with error \(status)")
  }
}

extension Launch {
  /// Loads an MPI library and connects to the other ranks, which do so too. A process may do it once.
  /// - Parameter pieceByteCount: Longer messages are sent in pieces. MPI counts bytes with 32 bits; tests use less.
  package func connect(pieceByteCount: Int = 1 << 30) throws(MPIError) -> MPICommunicator {
    try MPICommunicator(self, pieceByteCount: pieceByteCount)
  }
}
