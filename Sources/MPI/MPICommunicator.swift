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
  private let pieces: Pieces

  /// Messages are in order between two ranks, so one tag does for all.
  private static let tag: Int32 = 1

  fileprivate init(_ launch: Launch, pieceByteCount: Int) throws(MPIError) {
    let library = try MPILibrary.load(launch.libraries, count: launch.count)
    // What is provided may be less, if the library was built without threads. It then knows nothing of threads that never
    // call it.
    var provided: Int32 = 0
    // SAFETY: MPI's standard allows null pointers for the program's arguments.
    Self.check(library.initialize(nil, nil, MPILibrary.funneled, &provided), "MPI_Init_thread")
    var (rank, count): (Int32, Int32) = (0, 0)
    Self.check(library.getRank(library.world, &rank), "MPI_Comm_rank")
    Self.check(library.getCount(library.world, &count), "MPI_Comm_size")
    (self.rank, self.count) = (Int(rank), Int(count))
    self.library = library
    pieces = Pieces(byteCountMax: pieceByteCount)
    guard self.rank == launch.rank && self.count == launch.count else {
      finish()
      throw .notThisLibrary(name: library.name, rank: self.rank, count: self.count, started: launch)
    }
  }

  /// Disconnects from the other ranks, which call it too. No exchange may follow.
  package func finish() { Self.check(library.finalize(), "MPI_Finalize") }

  package func begin(
    sending messages: [UnsafeRawBufferPointer], receiving buffers: [UnsafeMutableRawBufferPointer]
  ) -> any PendingExchange {
    precondition(messages.count == count && buffers.count == count, "one message and one buffer for each rank")
    // Each rank begins with the one after it, so that not all send to rank 0 first.
    let others = (1..<count).map { (rank + $0) % count }
    let requestCount = others.reduce(0) {
      $0 + pieces.count(messages[$1].count) + pieces.count(buffers[$1].count)
    }
    if requestCount == 0 { return FinishedExchange() }
    let requests = RequestList(capacity: requestCount, stride: library.requestByteCount)
    // Receiving comes first: a message that finds its buffer waiting is not copied twice.
    for other in others { receive(buffers[other], pieces.first(of: buffers[other].count), from: other, requests) }
    let firstPieceCount = requests.count
    for other in others {
      for piece in pieces.others(of: buffers[other].count) { receive(buffers[other], piece, from: other, requests) }
    }
    for other in others {
      send(messages[other], pieces.first(of: messages[other].count), to: other, requests)
      for piece in pieces.others(of: messages[other].count) { send(messages[other], piece, to: other, requests) }
    }
    let byteCount = others.reduce(0) { $0 + messages[$1].count + buffers[$1].count }
    return Messages(communicator: self, requests: requests, firstPieceCount: firstPieceCount, byteCount: byteCount)
  }

  /// Messages on their way.
  private struct Messages: PendingExchange {
    let communicator: MPICommunicator
    let requests: RequestList
    let firstPieceCount: Int
    let byteCount: Int

    func wait() {
      MPI.wait { communicator.isDone(requests, 0..<firstPieceCount) }
      MPI.wait(transferring: byteCount) { communicator.isDone(requests, firstPieceCount..<requests.count) }
    }
  }

  private func receive(
    _ buffer: UnsafeMutableRawBufferPointer, _ piece: Range<Int>, from other: Int, _ requests: RequestList
  ) {
    guard let start = UnsafeMutableRawBufferPointer(rebasing: buffer[piece]).baseAddress, !piece.isEmpty else { return }
    // SAFETY: the piece lies in the buffer, which its owner keeps until `wait` returns, and that is when all requests are
    // done. The slot is this request's alone.
    let status = library.receive(
      start, Int32(piece.count), library.byte, Int32(other), Self.tag, library.world, requests.addSlot())
    Self.check(status, "MPI_Irecv")
  }

  private func send(
    _ message: UnsafeRawBufferPointer, _ piece: Range<Int>, to other: Int, _ requests: RequestList
  ) {
    guard let start = UnsafeRawBufferPointer(rebasing: message[piece]).baseAddress, !piece.isEmpty else { return }
    // SAFETY: as in `receive`.
    let status = library.send(
      start, Int32(piece.count), library.byte, Int32(other), Self.tag, library.world, requests.addSlot())
    Self.check(status, "MPI_Isend")
  }

  /// Lets the library work on the messages.
  /// - Returns: Whether all requests of the range are done.
  private func isDone(_ requests: RequestList, _ range: Range<Int>) -> Bool {
    var isDone: Int32 = 0
    // SAFETY: the range's slots are filled, and the library writes no statuses where it is told to ignore them.
    let status = library.testAll(
      Int32(range.count), requests.slot(range.lowerBound), &isDone, library.ignoredStatuses)
    Self.check(status, "MPI_Testall")
    return isDone != 0
  }

  /// The library ends all ranks at an error (`MPI_ERRORS_ARE_FATAL`, its default), so a function that returns has succeeded.
  private static func check(_ status: Int32, _ function: String) {
    precondition(status == 0, "\(function) failed with error \(status)")
  }
}

/// An array of `MPI_Request`, whose size depends on the library. It is freed when all requests are done.
private final class RequestList {
  private let memory: UnsafeMutableRawPointer
  private let capacity: Int
  private let stride: Int
  private(set) var count = 0

  init(capacity: Int, stride: Int) {
    memory = .allocate(byteCount: capacity * stride, alignment: MemoryLayout<UInt64>.alignment)
    (self.capacity, self.stride) = (capacity, stride)
  }

  deinit { memory.deallocate() }

  func addSlot() -> UnsafeMutableRawPointer {
    precondition(count < capacity)
    count += 1
    return slot(count - 1)
  }

  func slot(_ index: Int) -> UnsafeMutableRawPointer { memory + index * stride }
}

extension Launch {
  /// Loads an MPI library and connects to the other ranks, which do so too. A process may do it once.
  /// - Parameter pieceByteCount: Longer messages are sent in pieces. MPI counts bytes with 32 bits; tests use less.
  package func connect(pieceByteCount: Int = 1 << 30) throws(MPIError) -> MPICommunicator {
    try MPICommunicator(self, pieceByteCount: pieceByteCount)
  }
}
