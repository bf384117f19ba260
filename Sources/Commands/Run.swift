import ArgumentParser
import Pipeline

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run every stage whose result is missing or stale: build, train, evaluate, report.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let (outcome, report) = try withPipeline(pipeline, common) { (try $0.run(), $0.workspace.reportPath) }
    try AccuracyReport(outcome: outcome, report: report).show(asJSON: common.json)
  }
}
