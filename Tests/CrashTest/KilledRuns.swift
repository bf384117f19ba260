import Foundation
import Samples

/// Runs of the program that are killed at random times and started again until they finish.
struct KilledRuns {
  /// A run had another result than one that was never killed.
  enum Finding: Error, CustomStringConvertible {
    case failed(exitCode: Int32)
    case different(run: Int, [String])

    var description: String {
      switch self {
      case .failed(let exitCode): "the program ended with exit code \(exitCode)"
      case .different(let run, let names): "run \(run) has another result: \(names.joined(separator: ", "))"
      }
    }
  }

  private let program: String
  private let command: String
  private let spec: String
  private let folder: String
  private let expected: PipelineResults
  private var random: RandomStream
  let undisturbedSeconds: Double
  private(set) var killCount = 0
  private(set) var runCount = 0

  init(program: String, command: String, spec: String, folder: String, seed: UInt64) throws {
    (self.program, self.command, self.spec, self.folder) = (program, command, spec, folder)
    random = RandomStream(seed: seed, stream: 0)
    let workspace = folder + "/undisturbed"
    let start = Date()
    let process = try Self.start(program, command, spec, workspace)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Finding.failed(exitCode: process.terminationStatus) }
    undisturbedSeconds = -start.timeIntervalSinceNow
    expected = try PipelineResults(workspace: workspace)
  }

  private static func start(
    _ program: String, _ command: String, _ spec: String, _ workspace: String
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = [command, spec, "--workspace", workspace]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Runs the program until it finishes, killing it at most `killsMax` times.
  mutating func runOnce(killsMax: Int) throws {
    let workspace = "\(folder)/killed-\(runCount)"
    let end = killCount + killsMax
    while true {
      let process = try Self.start(program, command, spec, workspace)
      if killCount < end {
        // Short enough to kill most starts, long enough for each to make progress.
        let milliseconds = random.next(below: max(1, Int(undisturbedSeconds * 400)))
        usleep(UInt32(1000 * milliseconds))
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      }
      process.waitUntilExit()
      guard process.terminationReason == .uncaughtSignal else {
        guard process.terminationStatus == 0 else { throw Finding.failed(exitCode: process.terminationStatus) }
        break
      }
      killCount += 1
    }
    runCount += 1
    let differences = try PipelineResults(workspace: workspace).differences(from: expected)
    guard differences.isEmpty else { throw Finding.different(run: runCount, differences) }
    try FileManager.default.removeItem(atPath: workspace)
  }
}
