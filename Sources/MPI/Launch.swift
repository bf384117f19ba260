/// How the process was started, where it is one of several ranks. Launchers tell it in the environment, so an ordinary
/// process finds out without loading an MPI library.
package struct Launch: Equatable, Sendable {
  /// This process's number, from 0.
  package let rank: Int
  /// How many processes were started; at least 2.
  package let count: Int
  /// Whether no rank on this machine has a lower number, as far as the launcher tells.
  package var isFirstOnMachine = true
  /// The MPI libraries to try, in this order: file names that the loader looks up, or a path.
  package let libraries: [String]

  /// Names a library to load in place of those that the launcher suggests.
  package static let libraryVariable = "GLYPHLINE_MPI"

  /// - Returns: nil unless the process is one of several ranks. `srun` without MPI and the shell of a batch job also number
  ///   their processes (`SLURM_PROCID`), but those are independent of each other.
  package static func detect(environment: [String: String]) -> Launch? {
    guard let (rank, count, libraries) = ranks(environment), count > 1, (0..<count).contains(rank) else { return nil }
    let named = environment[libraryVariable].flatMap { $0.isEmpty ? nil : [$0] }
    let localRank = ["OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"]
      .lazy.compactMap { environment[$0] }.first
    return Launch(
      rank: rank, count: count, isFirstOnMachine: (localRank ?? "0") == "0", libraries: named ?? libraries)
  }

  private static func ranks(_ environment: [String: String]) -> (rank: Int, count: Int, libraries: [String])? {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    // Open MPI's mpirun comes first: in a batch job it starts its own daemons by `srun`, whose variables are then set too.
    // Only its own library understands it.
    if let rank = number("OMPI_COMM_WORLD_RANK"), let count = number("OMPI_COMM_WORLD_SIZE") {
      return (rank, count, openMPI)
    }
    // MPICH's mpirun, those made from it, and `srun --mpi=pmi2`, which Open MPI's library understands where it was built
    // for that, unlike Debian's.
    if let rank = number("PMI_RANK"), let count = number("PMI_SIZE") { return (rank, count, mpich + openMPI) }
    // `srun --mpi=pmix` tells the rank, but leaves the count to Slurm's own variable.
    if let rank = number("PMIX_RANK"), number("SLURM_PROCID") != nil, let count = number("SLURM_STEP_NUM_TASKS") {
      return (rank, count, openMPI + mpich)
    }
    return nil
  }

  /// Open MPI since version 3.
  private static let openMPI = ["libmpi.so.40"]
  /// MPICH as Debian names it, and as its other builds and the libraries of the same binary interface do: Intel's, Cray's
  /// and MVAPICH.
  private static let mpich = ["libmpich.so.12", "libmpi.so.12"]
}
