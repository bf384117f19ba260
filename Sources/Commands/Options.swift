import ArgumentParser
import Network
import Pipeline
import Specs
import Workers

/// Options of all commands.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON document.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Use this many threads; unless given, one for each CPU that the process may use.", valueName: "count"))
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

/// - Parameters:
///   - path: Of the spec file.
///   - workspace: nil for the default, `runs/NAME`.
func withPipeline<Value>(
  _ path: String, workspace: String?, _ common: CommonOptions, body: (Pipeline) throws -> Value
) throws -> Value {
  try stoppingSafely(resumeWith: CommandLine.arguments) { cancellation in
    let spec = try PipelineSpec(contentsOf: path)
    let progress = ProgressPrinter()
    defer { progress.finishLine() }
    let pipeline = try Pipeline(
      spec, in: workspaceOf(spec, path: workspace), threadCount: common.threads, cancellation: cancellation,
      report: progress.show)
    let command = shellText(of: ["glyphline"] + CommandLine.arguments.dropFirst())
    return try pipeline.recording(command, version: Glyphline.version, body)
  }
}
