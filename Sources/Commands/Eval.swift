import ArgumentParser
import Pipeline
import Samples

struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Read a split with the model; predictions and confusion counts go into the catalog.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("The split to read; the spec's evaluation.split unless given.", valueName: "name"))
  var split: Split?

  @Option(help: ArgumentHelp("Another model file than the pipeline's own.", valueName: "file"), completion: .file())
  var model: String?

  func run() throws {
    let outcome = try withPipeline(pipeline, common) { pipeline in
      try pipeline.evaluate(split: split ?? pipeline.spec.evaluation.split, modelPath: model)
    }
    try AccuracyReport(outcome).show(asJSON: common.json)
  }
}
