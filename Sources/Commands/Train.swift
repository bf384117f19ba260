import ArgumentParser
import Pipeline
import Samples

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train the model on the train split, or resume where training stopped.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "Start from this model's weights (fine-tuning); a copy stays in the workspace as initial.safetensors.",
      valueName: "file"),
    completion: .file())
  var from: String?

  func run() throws {
    let summary = try withPipeline(pipeline, common) { pipeline in
      try pipeline.train(from: from)
      return try pipeline.trainingSummary()
    }
    if common.json { return try outputJSON(summary) }
    try output("model: \(summary.modelPath), after \(counted(summary.stepCount, "step"))")
  }
}
