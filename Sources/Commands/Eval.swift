import ArgumentParser
import Pipeline
import Samples

struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Predict a split with the model, and record predictions and confusion counts in the catalog.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Predict this split; the spec's evaluation.split unless given.", valueName: "name"))
  var split: Split?

  @Option(
    help: ArgumentHelp("Use this model file; the pipeline's own unless given.", valueName: "file"), completion: .file())
  var model: String?

  func run() throws {
    let outcome = try withPipeline(pipeline, common) { pipeline in
      try pipeline.evaluate(split: split ?? pipeline.spec.evaluation.split, modelPath: model)
    }
    try AccuracyReport(outcome: outcome).show(asJSON: common.json)
  }
}
