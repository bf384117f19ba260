import ArgumentParser
import Faults
import Foundation
import Network
import Samples
import Specs

/// Breaks pipelines and checks that they recover. `make crash` runs this program; `make test` has a small sweep.
@main
struct CrashTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crashtest",
    abstract: "Break pipelines and check that they recover; exit with 1 where a result differs.",
    subcommands: [Sweep.self, Damages.self, Kill.self])
}

struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cause every fault at every operation that changes a file or the database.")

  @Argument(help: "A pipeline's spec file.")
  var spec: String

  @Option(help: ArgumentHelp("Break only every n-th operation.", valueName: "n"))
  var every = 1

  @Option(help: "Break no operation before this one.")
  var first = 1

  func run() throws {
    let spec = try PipelineSpec(contentsOf: spec)
    try inTemporaryFolder { folder in
      let sweep = try CrashSweep(spec, in: folder, countsDatabaseWritesSingly: true)
      tell(counted(sweep.operationCount, "operation"))
      let operations = stride(from: first, through: sweep.operationCount, by: every)
      var findingCount = 0
      func count(_ fault: String, _ findings: [CrashSweep.Finding]) {
        for finding in findings { tell("\(finding)") }
        findingCount += findings.count
        tell("\(fault): \(counted(findings.count, "finding")); \(counted(sweep.runCount, "run")) so far")
      }
      for loss in DiskContents.Loss.allCases { count("loss: \(loss)", try sweep.cutOff(loss, at: operations)) }
      for code in [EIO, ENOSPC] { count(String(cString: strerror(code)), try sweep.fail(with: code, at: operations)) }
      if findingCount > 0 { throw ExitCode.failure }
    }
  }
}

struct Damages: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "damage", abstract: "Damage each file and table of a finished workspace in turn, and run again.")

  @Argument(help: "A pipeline's spec file.")
  var spec: String

  func run() throws {
    let spec = try PipelineSpec(contentsOf: spec)
    try inTemporaryFolder { folder in
      let sweep = try DamageSweep(spec, in: folder)
      var findingCount = 0
      for damage in sweep.damages {
        guard let problem = try sweep.problem(of: damage) else { continue }
        tell("\(damage): \(problem)")
        findingCount += 1
      }
      tell("\(counted(sweep.damages.count, "damage")): \(counted(findingCount, "finding"))")
      if findingCount > 0 { throw ExitCode.failure }
    }
  }
}

struct Kill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Kill the program at random times until it finishes, again and again.")

  @Argument(help: "The glyphline program.")
  var program: String

  @Argument(help: "Its command: build or run.")
  var command: String

  @Argument(help: "A pipeline's spec file.")
  var spec: String

  @Option(help: "Kill this many times in all.")
  var count = 200

  @Option(help: "Draw the random times from this seed.")
  var seed: UInt64 = 1

  func run() throws {
    try inTemporaryFolder { folder in
      var kills = try KilledRuns(program: program, command: command, spec: spec, folder: folder, seed: seed)
      tell("undisturbed: \(Int(kills.undisturbedSeconds * 1000)) ms")
      while kills.killCount < count { try kills.runOnce(killsMax: count - kills.killCount) }
      let runs = counted(kills.runCount, "run")
      tell("\(counted(kills.killCount, "kill")) in \(runs), each with the undisturbed result")
    }
  }
}

/// Prints a line at once, also where standard output is a file: what comes next may take many minutes.
private func tell(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

private func inTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "crashtest-\(UUID())").path()
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}
