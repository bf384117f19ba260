import ArgumentParser
import Pipeline

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train the model from the shards, or go on where training stopped.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "Begin with this model's weights, to fine-tune it; it stays in the workspace as initial.safetensors.",
      valueName: "file"),
    completion: .file())
  var from: String?

  private struct Report: Encodable {
    let model: String
    let steps: Int
    let loss: Double?
  }

  func run() throws {
    let summary = try withPipeline(pipeline, common) { pipeline in
      try pipeline.train(from: from)
      return try pipeline.trainingSummary()
    }
    if common.json {
      return try outputJSON(Report(model: summary.modelPath, steps: summary.stepCount, loss: summary.smoothedLoss))
    }
    try output("model: \(summary.modelPath), after \(summary.stepCount) steps")
  }
}
