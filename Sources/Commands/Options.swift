import ArgumentParser
import Foundation
import MPI
import Network
import Pipeline
import Ranks
import Specs
import Workers

/// Options of all commands.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON document.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Use this many threads; unless given, one for each CPU that the process may use; ranks divide them.",
      valueName: "count"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
  }
}

/// Options of commands on a pipeline.
struct PipelineOptions: ParsableArguments {
  @Argument(help: "The pipeline's spec file.", completion: .file(extensions: ["yaml", "yml"]))
  var spec: String

  @Option(help: ArgumentHelp("Use this folder for the results; runs/NAME unless given.", valueName: "folder"))
  var workspace: String?

  func validate() throws {
    if workspace == "" { throw ValidationError("--workspace needs the path of a folder") }
  }

  func workspace(of spec: PipelineSpec) -> Workspace { workspaceOf(spec, path: workspace) }
}

/// - Parameter path: nil for the default, `runs/NAME`.
func workspaceOf(_ spec: PipelineSpec, path: String?) -> Workspace {
  var path = path ?? Workspace(forPipeline: spec.name).path
  while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
  return Workspace(path: path)
}

/// Runs `body` on a pipeline, prints its progress on standard error, and records the command.
func withPipeline<Value>(
  _ options: PipelineOptions, _ common: CommonOptions, body: (Pipeline) throws -> Value
) throws -> Value {
  try withPipeline(options.spec, workspace: options.workspace, common, body: body)
}

/// Where mpirun or srun started several processes, each is a rank: all share the work, and rank 0 alone runs `body`.
/// - Parameters:
///   - path: Of the spec file.
///   - workspace: nil for the default, `runs/NAME`.
func withPipeline<Value>(
  _ path: String, workspace: String?, _ common: CommonOptions, body: (Pipeline) throws -> Value
) throws -> Value {
  let communicator = try connectedRanks()
  defer { communicator?.finish() }
  let group = communicator.map { RankGroup($0) } ?? RankGroup()
  return try stoppingSafely(resumeWith: CommandLine.arguments, isSilent: !group.isFirst) { cancellation in
    try endingTogether(group) {
      let (spec, _) = try group.agree { try PipelineSpec(contentsOf: path) }
      let workspace = workspaceOf(spec, path: workspace)
      let processorCount = try group.usableProcessorCount()
      let threadCount = common.threads ?? processorCount
      guard group.isFirst else {
        try assistFirstRank(
          spec, in: workspace, threadCount: threadCount, group: group, cancellation: cancellation)
        throw ExitCode.success
      }
      let progress = ProgressPrinter()
      defer { progress.finishLine() }
      let pipeline = try Pipeline(
        spec, in: workspace, threadCount: threadCount, group: group, cancellation: cancellation,
        report: progress.show)
      let command = shellText(of: ["glyphline"] + CommandLine.arguments.dropFirst())
      return try pipeline.recording(command, version: Glyphline.version, body)
    }
  }
}

/// Connects to the other ranks, where mpirun or srun started several. Until then, a signal ends this one at once. A
/// machine may lack the library, so one rank of each prints the error.
/// - Returns: nil in an ordinary process.
private func connectedRanks() throws -> MPICommunicator? {
  guard let launch = Launch.detect(environment: ProcessInfo.processInfo.environment) else { return nil }
  return try reportingErrors(isSilent: !launch.isFirstOnMachine) { try launch.connect() }
}

/// Runs `body`; an error of one rank ends all.
private func endingTogether<Value>(_ group: RankGroup, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let code as ExitCode where code == .success {
    throw code
  } catch {
    group.end(with: error)
    throw error
  }
}
