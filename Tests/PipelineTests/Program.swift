import Foundation
import Testing

/// A folder that is removed with its owner.
final class Folder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "glyphline-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file into the folder and gives its path.
  func write(_ content: String, as name: String) throws -> String { try write(Data(content.utf8), as: name) }

  func write(_ content: Data, as name: String) throws -> String {
    let file = path + "/" + name
    try content.write(to: URL(filePath: file))
    return file
  }
}

/// The glyphline program that was built beside these tests.
struct Program {
  struct Outcome {
    let exitCode: Int32
    let output: String
    let errors: String
  }

  static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  private static let path = folder.appending(path: "glyphline")

  /// - Parameter environment: Added to that of the tests.
  private static func process(
    _ arguments: [String], environment: [String: String] = [:], output: Pipe, errors: Pipe
  ) -> Process {
    let process = Process()
    process.executableURL = path
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    return process
  }

  /// Runs the program to its end.
  static func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    try runTogether([arguments], environment: environment)[0]
  }

  /// Runs the program several times at once.
  static func runTogether(_ commands: [[String]], environment: [String: String] = [:]) throws -> [Outcome] {
    let running = try commands.map { arguments in
      let (output, errors) = (Pipe(), Pipe())
      let process = process(arguments, environment: environment, output: output, errors: errors)
      try process.run()
      return (process, output, errors)
    }
    return running.map { outcome(of: $0.0, output: $0.1, errors: $0.2) }
  }

  /// Runs another program that was built beside these tests to its end.
  static func run(named name: String, _ arguments: [String] = [], environment: [String: String]) throws -> Outcome {
    let (output, errors) = (Pipe(), Pipe())
    let process = process(arguments, environment: environment, output: output, errors: errors)
    process.executableURL = folder.appending(path: name)
    try process.run()
    return outcome(of: process, output: output, errors: errors)
  }

  private static func outcome(of process: Process, output: Pipe, errors: Pipe) -> Outcome {
    // The program says little on standard error, less than a pipe holds, so reading one after the other cannot block it.
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      exitCode: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
      errors: String(decoding: errorData, as: UTF8.self))
  }

  /// Runs a line of shell script in `folder`, in which `$glyphline` is the program.
  static func shell(_ script: String, in folder: Folder) throws -> Outcome {
    let (output, errors) = (Pipe(), Pipe())
    let process = process(["-c", script], output: output, errors: errors)
    process.executableURL = URL(filePath: "/bin/sh")
    process.currentDirectoryURL = URL(filePath: folder.path)
    process.environment = ProcessInfo.processInfo.environment.merging(["glyphline": path.path()]) { $1 }
    try process.run()
    return outcome(of: process, output: output, errors: errors)
  }

  /// Runs the program to its end, and `body` again and again meanwhile.
  static func run(whileRunning body: () throws -> Void, _ arguments: String...) throws -> Outcome {
    let (output, errors) = (Pipe(), Pipe())
    let process = process(arguments, output: output, errors: errors)
    try process.run()
    while process.isRunning { try body() }
    return outcome(of: process, output: output, errors: errors)
  }

  /// Starts the program and asks it to stop, by `signal`, as soon as `isReached` says so.
  /// - Parameter starter: A program that starts it, in the same process.
  static func stop(
    by signal: Int32, when isReached: () -> Bool, under starter: String? = nil, _ arguments: String...
  ) throws -> Outcome {
    let (output, errors) = (Pipe(), Pipe())
    let process = process(arguments, output: output, errors: errors)
    if let starter {
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = [starter, path.path()] + arguments
    }
    try process.run()
    while process.isRunning && !isReached() { usleep(500) }
    if process.isRunning { Foundation.kill(process.processIdentifier, signal) }
    return outcome(of: process, output: output, errors: errors)
  }

  /// Starts the program and kills it as soon as `isReached` says so.
  /// - Returns: Whether it was killed; false where it ended by itself before that.
  @discardableResult
  static func kill(
    when isReached: () -> Bool, environment: [String: String] = [:], _ arguments: String...
  ) throws -> Bool {
    let process = process(arguments, environment: environment, output: Pipe(), errors: Pipe())
    try process.run()
    while process.isRunning && !isReached() { usleep(500) }
    let wasRunning = process.isRunning
    if wasRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    return wasRunning && process.terminationReason == .uncaughtSignal
  }
}

/// A spec whose pipeline takes about a second, and still has several shards, blocks and checkpoints.
func tinySpec(name: String = "tiny", train: Int = 480, extra: String = "") -> String {
  """
  name: \(name)
  captcha: {charset: digits, length: 2, width: 64, height: 32}
  datasets: {train: {count: \(train)}, test: {count: 60}}
  shards: {records: 100, block: 16}
  training: {batch: 16, epochs: 2, checkpoint_every: 8, label_smoothing: 0.1, average: 0.99}
  \(extra)
  """
}

/// A finished pipeline that several tests look at.
let finishedPipeline = Result { () throws -> (folder: Folder, spec: String, workspace: String) in
  let folder = try Folder()
  let spec = try folder.write(tinySpec(), as: "spec.yaml")
  let workspace = folder.path + "/work"
  let outcome = try Program.run("run", spec, "--workspace", workspace)
  #expect(outcome.exitCode == 0, "\(outcome.errors)")
  return (folder, spec, workspace)
}
