import MPI
import Testing

/// What launchers set, as observed with Open MPI 4.1, MPICH 4.0 and Slurm 22.05.
@Suite struct LaunchTests {
  private static let openMPI = ["libmpi.so.40"]
  private static let mpich = ["libmpich.so.12", "libmpi.so.12"]

  private static let slurmStep = ["SLURM_PROCID": "1", "SLURM_NTASKS": "3", "SLURM_STEP_NUM_TASKS": "3"]

  @Test func openMPIsLauncher() {
    let environment = ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "3", "PMIX_RANK": "1"]
    expect(environment, isRank: 1, of: 3, with: Self.openMPI)
  }

  /// In a batch job, Open MPI's launcher starts daemons by `srun`, so its ranks inherit the variables of those.
  @Test func openMPIsLauncherInABatchJob() {
    let daemon = ["PMI_RANK": "0", "PMI_SIZE": "2", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"]
    let environment = daemon.merging(["OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"]) { $1 }
    expect(environment, isRank: 2, of: 4, with: Self.openMPI)
  }

  @Test func mpichsLauncher() {
    expect(["PMI_RANK": "2", "PMI_SIZE": "3", "PMI_FD": "8"], isRank: 2, of: 3, with: Self.mpich + Self.openMPI)
  }

  @Test func slurmsLauncherWithPMI2() {
    let environment = Self.slurmStep.merging(["PMI_RANK": "1", "PMI_SIZE": "3", "PMI_FD": "10"]) { $1 }
    expect(environment, isRank: 1, of: 3, with: Self.mpich + Self.openMPI)
  }

  @Test func slurmsLauncherWithPMIx() {
    let environment = Self.slurmStep.merging(["PMIX_RANK": "1", "PMIX_NAMESPACE": "slurm.pmix.3.0"]) { $1 }
    expect(environment, isRank: 1, of: 3, with: Self.openMPI + Self.mpich)
  }

  @Test(arguments: [
    [:],
    // `srun` without MPI.
    slurmStep,
    // The shell of a batch job.
    ["SLURM_PROCID": "0", "SLURM_NTASKS": "4"],
    // One rank.
    ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"],
    ["PMI_RANK": "0", "PMI_SIZE": "1"],
    // Half of it, or no numbers, or numbers that do not fit together.
    ["PMI_RANK": "0"],
    ["PMIX_RANK": "1"],
    ["OMPI_COMM_WORLD_RANK": "a", "OMPI_COMM_WORLD_SIZE": "b"],
    ["OMPI_COMM_WORLD_RANK": "4", "OMPI_COMM_WORLD_SIZE": "4"],
    ["OMPI_COMM_WORLD_RANK": "-1", "OMPI_COMM_WORLD_SIZE": "4"],
    // A library alone.
    ["GLYPHLINE_MPI": "libmpi.so.40"],
  ])
  func isAnOrdinaryProcess(_ environment: [String: String]) {
    #expect(Launch.detect(environment: environment) == nil)
  }

  @Test(arguments: ["OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"])
  func oneRankOfAMachineIsTheFirst(variable: String) {
    for (value, isFirst) in [("0", true), ("1", false)] {
      let launch = Launch.detect(environment: ["PMI_RANK": "2", "PMI_SIZE": "3", variable: value])
      #expect(launch?.isFirstOnMachine == isFirst)
    }
    #expect(Launch.detect(environment: ["PMI_RANK": "2", "PMI_SIZE": "3"])?.isFirstOnMachine == true)
  }

  @Test func takesTheLibraryThatIsNamed() {
    let environment = ["PMI_RANK": "0", "PMI_SIZE": "2", "GLYPHLINE_MPI": "/opt/mpi/libmpi.so"]
    expect(environment, isRank: 0, of: 2, with: ["/opt/mpi/libmpi.so"])
    expect(environment.merging(["GLYPHLINE_MPI": ""]) { $1 }, isRank: 0, of: 2, with: Self.mpich + Self.openMPI)
  }

  private func expect(
    _ environment: [String: String], isRank rank: Int, of count: Int, with libraries: [String],
    at location: SourceLocation = #_sourceLocation
  ) {
    let launch = Launch.detect(environment: environment)
    #expect(launch?.rank == rank, sourceLocation: location)
    #expect(launch?.count == count, sourceLocation: location)
    #expect(launch?.libraries == libraries, sourceLocation: location)
  }
}
