import ArgumentParser
import Network
import Pipeline
import Specs

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write the newest evaluation of the pipeline's model as one HTML page.",
    discussion: "The page is self-contained. `glyphline run` writes it too.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp("Write this file; report.html in the workspace unless given.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var out: String?

  func run() throws {
    let path = try reportingErrors {
      let spec = try PipelineSpec(contentsOf: pipeline.spec)
      return try writeReport(of: spec, in: pipeline.workspace(of: spec), to: out, threadCount: common.threads)
    }
    if common.json { return try outputJSON(["report": path]) }
    try output(path)
  }
}
