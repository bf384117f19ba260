import Files

/// Why a process that was started as one of several ranks cannot reach the others.
package enum MPIError: ReportedError, Equatable {
  /// None of these libraries could be loaded.
  /// - Parameters:
  ///   - reason: The loader's, for the library that came closest.
  ///   - count: How many ranks were started.
  case noLibrary(names: [String], reason: String, count: Int)
  /// The library does not work with the launcher that started the process. MPICH's library, started by Open MPI's mpirun,
  /// takes every process for rank 0 of 1.
  case notThisLibrary(name: String, rank: Int, count: Int, started: Launch)

  package var description: String {
    switch self {
    case .noLibrary(let names, let reason, let count):
      "this process was started as one of \(count) ranks, but "
        + (names.count == 1
          ? "the MPI library \(names[0]) could not be loaded: "
          : "none of the MPI libraries \(names.joined(separator: ", ")) could be loaded: ") + reason
    case .notThisLibrary(let name, let rank, let count, let started):
      "this process was started as rank \(started.rank) of \(started.count), but the MPI library \(name) takes it for rank "
        + "\(rank) of \(count), so it does not belong to the launcher that started the process"
    }
  }

  package var advice: String? {
    switch self {
    case .noLibrary:
      "install the MPI that starts it, Open MPI (`apt install openmpi-bin`) or MPICH (`apt install mpich`), on every "
        + "machine, or name its library in \(Launch.libraryVariable), or start the program without mpirun"
    case .notThisLibrary:
      "start it with that library's own mpirun, or name the launcher's library in \(Launch.libraryVariable)"
    }
  }

  /// As where a file cannot be opened: nothing is wrong with the command line, but what it needs is not there.
  package var exitStatus: ExitStatus { .noInput }
}
