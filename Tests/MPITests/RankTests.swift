import Foundation
import Testing

/// Processes that exchange messages, under the launchers that this system has.
@Suite(.serialized) struct RankTests {
  /// More ranks than a small machine has cores, and messages in pieces too.
  @Test(arguments: Launcher.allCases, [["3"], ["8"], ["3", "--pieces", "1000"]])
  fileprivate func receiveWhatTheOthersSend(_ launcher: Launcher, arguments: [String]) throws {
    let count = Int(arguments[0]) ?? 0
    guard let outcome = try launcher.run(count: count, Array(arguments.dropFirst())) else { return }
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == count, "\(outcome.output)")
    for (rank, line) in lines.enumerated() {
      #expect(line.hasPrefix("rank \(rank) of \(count) received ") && line.hasSuffix(" bytes as sent"), "\(line)")
    }
  }

  @Test(arguments: Launcher.allCases)
  fileprivate func oneProcessIsNoRank(_ launcher: Launcher) throws {
    guard let outcome = try launcher.run(count: 1) else { return }
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output == "not one of several ranks\n")
  }

  @Test func missingLibraries() throws {
    let ranks = ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"]
    let missing = try rankCheck(ranks.merging(["GLYPHLINE_MPI": "/nowhere/libmpi.so"]) { $1 })
    #expect(missing.exitCode == 66)
    #expect(
      missing.errors == """
        this process was started as one of 2 ranks, but the MPI library /nowhere/libmpi.so could not be loaded: \
        /nowhere/libmpi.so: cannot open shared object file: No such file or directory; install the MPI that starts it, \
        Open MPI (`apt install openmpi-bin`) or MPICH (`apt install mpich`), on every machine, or name its library in \
        GLYPHLINE_MPI, or start the program without mpirun

        """)
    let other = try rankCheck(ranks.merging(["GLYPHLINE_MPI": "libc.so.6"]) { $1 })
    #expect(other.exitCode == 66)
    #expect(other.errors.contains("could not be loaded: libc.so.6 has no MPI_Init_thread; install"))
  }

  /// Each library takes a process for the only one that the other's launcher started.
  @Test(arguments: Launcher.allCases)
  fileprivate func theOtherLibrary(_ launcher: Launcher) throws {
    let library = launcher.other.library
    guard launcher.other.path != nil else { return print("skipped: there is no \(launcher.other.rawValue) here") }
    guard let outcome = try launcher.run(count: 2, environment: ["GLYPHLINE_MPI": library]) else { return }
    #expect(outcome.exitCode == 66, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "was started as rank 1 of 2, but the MPI library \(library) takes it for rank 0 of 1, so it does not belong to the"
      ),
      "\(outcome.errors)")
  }
}

private struct Outcome {
  let exitCode: Int32
  let output: String
  let errors: String
}

/// Both may be installed at once, under the names that Debian gives them.
private enum Launcher: String, CaseIterable {
  case openMPI = "mpirun.openmpi"
  case mpich = "mpirun.mpich"

  var other: Launcher { self == .openMPI ? .mpich : .openMPI }

  var library: String { self == .openMPI ? "libmpi.so.40" : "libmpich.so.12" }

  /// Where the launcher is; nil where it is not installed.
  var path: String? {
    let folders = ProcessInfo.processInfo.environment["PATH", default: "/usr/bin"].split(separator: ":")
    return folders.map { "\($0)/\(rawValue)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// More ranks than cores, and as root, as in containers: Open MPI wants to be asked for both.
  private var options: [String] { self == .openMPI ? ["--oversubscribe", "--allow-run-as-root"] : [] }

  /// Runs ranks of `rankcheck` to their end.
  /// - Returns: nil where the launcher is not installed.
  func run(
    count: Int, _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> Outcome? {
    guard let path else {
      print("skipped: there is no \(rawValue) here")
      return nil
    }
    return try runProgram(
      path, options + ["-np", "\(count)", rankCheckPath] + arguments, environment: environment)
  }
}

/// The program that was built beside these tests.
private let rankCheckPath = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  .appending(path: "rankcheck").path()

private func rankCheck(_ environment: [String: String]) throws -> Outcome {
  try runProgram(rankCheckPath, [], environment: environment)
}

/// Runs a program to its end.
private func runProgram(_ path: String, _ arguments: [String], environment: [String: String]) throws -> Outcome {
  let process = Process()
  let (output, errors) = (Pipe(), Pipe())
  process.executableURL = URL(filePath: path)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.standardOutput = output
  process.standardError = errors
  process.standardInput = FileHandle.nullDevice
  try process.run()
  // What it says is less than a pipe holds, so reading one after the other cannot block it.
  let outputData = output.fileHandleForReading.readDataToEndOfFile()
  let errorData = errors.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return Outcome(
    exitCode: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
    errors: String(decoding: errorData, as: UTF8.self))
}
