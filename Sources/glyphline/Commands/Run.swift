import ArgumentParser
import Pipeline

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run every stage that is missing or stale: draw, train, evaluate.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let outcome = try withPipeline(pipeline, common) { pipeline in try pipeline.run() }
    try AccuracyReport(outcome).show(asJSON: common.json)
  }
}
