import ArgumentParser
import Pipeline

struct Reindex: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reindex",
    abstract: "Rebuild the catalog's sample index from the shards alone.",
    discussion: """
      Leaves out shards that are damaged or of another spec, and names them; the exit code is then 65. \
      `glyphline build` draws the missing samples again.
      """)

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let report = try withPipeline(pipeline, common) { try $0.reindex() }
    if common.json {
      try outputJSON(report)
    } else {
      for fault in report.leftOut { try output("left out: \(fault)") }
      for split in report.splits { try output(split.text) }
    }
    if !report.leftOut.isEmpty { throw ExitCode(.badData) }
  }
}
