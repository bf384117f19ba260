import ArgumentParser
import Faults
import Foundation
import Network
import Specs

/// Breaks pipelines and looks whether they mend. A small sweep is part of `make test`; `make crash` runs this program.
@main
struct CrashTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crashtest", abstract: "Break pipelines in every way and place; exit 1 where the result differs.",
    subcommands: [Sweep.self, Damages.self, Kill.self])
}

struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Every fault at every operation that changes the disk, files and database alike.")

  @Argument(help: "A pipeline's spec file.")
  var spec: String

  @Option(help: ArgumentHelp("Only every n-th operation.", valueName: "n"))
  var every = 1

  @Option(help: "The first operation.")
  var first = 1

  func run() throws {
    let spec = try PipelineSpec(contentsOf: spec)
    try inTemporaryFolder { folder in
      let sweep = try CrashSweep(spec, in: folder, countsDatabaseWritesSingly: true)
      print("\(sweep.operationCount) operations")
      let operations = stride(from: first, through: sweep.operationCount, by: every)
      var findingCount = 0
      func tell(_ fault: String, _ findings: [CrashSweep.Finding]) {
        for finding in findings { print(finding) }
        findingCount += findings.count
        print("\(fault): \(findings.count) findings; \(sweep.runCount) runs so far")
      }
      for loss in DiskContents.Loss.allCases { tell("loss: \(loss)", try sweep.cutOff(loss, at: operations)) }
      for code in [EIO, ENOSPC] { tell(String(cString: strerror(code)), try sweep.fail(with: code, at: operations)) }
      if findingCount > 0 { throw ExitCode.failure }
    }
  }
}

struct Damages: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "damage", abstract: "A finished workspace with every file and table damaged, and made good.")

  @Argument(help: "A pipeline's spec file.")
  var spec: String

  func run() throws {
    let spec = try PipelineSpec(contentsOf: spec)
    try inTemporaryFolder { folder in
      let sweep = try DamageSweep(spec, in: folder)
      var findingCount = 0
      for damage in sweep.damages {
        guard let problem = try sweep.problem(of: damage) else { continue }
        print("\(damage): \(problem)")
        findingCount += 1
      }
      print("\(sweep.damages.count) damages: \(findingCount) findings")
      if findingCount > 0 { throw ExitCode.failure }
    }
  }
}

struct Kill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The program, killed at random times until it is through; again and again.")

  @Argument(help: "The glyphline program.")
  var program: String

  @Argument(help: "Its command: build or run.")
  var command: String

  @Argument(help: "A pipeline's spec file.")
  var spec: String

  @Option(help: "Kills in all.")
  var count = 200

  @Option(help: "Of the random times.")
  var seed: UInt64 = 1

  func run() throws {
    try inTemporaryFolder { folder in
      var kills = try KilledRuns(program: program, command: command, spec: spec, folder: folder, seed: seed)
      print("undisturbed: \(Int(kills.undisturbedSeconds * 1000)) ms")
      while kills.killCount < count { try kills.runOnce(killsMax: count - kills.killCount) }
      print("\(kills.killCount) kills in \(kills.runCount) runs, each with the undisturbed result")
    }
  }
}

private func inTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "crashtest-\(UUID())").path()
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}
