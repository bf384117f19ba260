#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The functions and constants of an MPI library, which is loaded when a process finds itself to be one of several ranks.
/// So the program needs none where it runs alone, and one program works with every library.
///
/// MPI's standard leaves the types of its handles to the library, and there are two binary interfaces: in Open MPI they are
/// pointers to objects, in MPICH and the libraries that agree with it (mpich.org/abi) 32-bit integers. Here a handle is an
/// `Int`: as an argument it fills a register or a slot of the stack, of which a function that expects 32 bits takes the
/// lower half.
struct MPILibrary: Sendable {
  typealias Initialize =
    @convention(c) @Sendable (
      _ argumentCount: UnsafeMutablePointer<Int32>?, _ arguments: UnsafeMutableRawPointer?, _ required: Int32,
      _ provided: UnsafeMutablePointer<Int32>
    ) -> Int32
  typealias GetNumber = @convention(c) @Sendable (_ communicator: Int, _ number: UnsafeMutablePointer<Int32>) -> Int32
  typealias Send =
    @convention(c) @Sendable (
      _ bytes: UnsafeRawPointer, _ count: Int32, _ type: Int, _ rank: Int32, _ tag: Int32, _ communicator: Int,
      _ request: UnsafeMutableRawPointer
    ) -> Int32
  typealias Receive =
    @convention(c) @Sendable (
      _ bytes: UnsafeMutableRawPointer, _ count: Int32, _ type: Int, _ rank: Int32, _ tag: Int32, _ communicator: Int,
      _ request: UnsafeMutableRawPointer
    ) -> Int32
  typealias TestAll =
    @convention(c) @Sendable (
      _ count: Int32, _ requests: UnsafeMutableRawPointer, _ isDone: UnsafeMutablePointer<Int32>, _ statuses: Int
    ) -> Int32
  typealias Finalize = @convention(c) @Sendable () -> Int32

  /// As the loader was asked for it.
  let name: String
  let initialize: Initialize
  let getRank: GetNumber
  let getCount: GetNumber
  let send: Send
  let receive: Receive
  let testAll: TestAll
  let finalize: Finalize

  /// `MPI_COMM_WORLD`.
  let world: Int
  /// `MPI_BYTE`.
  let byte: Int
  /// `MPI_STATUSES_IGNORE`.
  let ignoredStatuses: Int
  /// Of an `MPI_Request`, in an array of them.
  let requestByteCount: Int

  /// `MPI_THREAD_FUNNELED`, the same in both: one thread makes all calls, the one that connects.
  static let funneled: Int32 = 1

  /// The first of `names` that this system has.
  /// - Parameter count: How many ranks there are, for the error's message.
  static func load(_ names: [String], count: Int) throws(MPIError) -> MPILibrary {
    var failures: [LoadFailure] = []
    for name in names {
      do throws(LoadFailure) { return try MPILibrary(name) } catch { failures.append(error) }
    }
    // A library that is there and does not load says more than one that is not there.
    let failure = failures.first { !$0.isMissingFile } ?? failures.first
    throw .noLibrary(names: names, reason: failure?.reason ?? "none is named", count: count)
  }

  private init(_ name: String) throws(LoadFailure) {
    // Its plugins look for its functions among those of the whole program. It stays loaded for as long as the program runs.
    guard let library = dlopen(name, RTLD_LAZY | RTLD_GLOBAL) else {
      throw LoadFailure(name: name, reason: dlerror().map { String(cString: $0) } ?? "the loader gives no reason")
    }
    func address(_ symbol: String) throws(LoadFailure) -> UnsafeMutableRawPointer {
      guard let address = dlsym(library, symbol) else {
        throw LoadFailure(name: name, reason: "\(name) has no \(symbol)")
      }
      return address
    }
    self.name = name
    // SAFETY: the types are those of MPI's standard (version 3.1, appendix A.2), with handles as explained above.
    initialize = unsafeBitCast(try address("MPI_Init_thread"), to: Initialize.self)
    getRank = unsafeBitCast(try address("MPI_Comm_rank"), to: GetNumber.self)
    getCount = unsafeBitCast(try address("MPI_Comm_size"), to: GetNumber.self)
    send = unsafeBitCast(try address("MPI_Isend"), to: Send.self)
    receive = unsafeBitCast(try address("MPI_Irecv"), to: Receive.self)
    testAll = unsafeBitCast(try address("MPI_Testall"), to: TestAll.self)
    finalize = unsafeBitCast(try address("MPI_Finalize"), to: Finalize.self)

    if let openMPIWorld = dlsym(library, "ompi_mpi_comm_world") {
      world = Int(bitPattern: openMPIWorld)
      byte = Int(bitPattern: try address("ompi_mpi_byte"))
      ignoredStatuses = 0
      requestByteCount = MemoryLayout<UnsafeRawPointer>.size
    } else {
      // From `mpi.h` of MPICH 4.0.
      world = 0x4400_0000
      byte = 0x4c00_010d
      ignoredStatuses = 1
      requestByteCount = MemoryLayout<Int32>.size
    }
  }
}

/// Why one library could not be loaded.
private struct LoadFailure: Error {
  let name: String
  let reason: String

  /// Whether the loader found no such file, rather than a library that it cannot use.
  var isMissingFile: Bool { reason.hasPrefix(name + ": cannot open shared object file: No such file") }
}
