import ArgumentParser
import Pipeline

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train the model from the shards, or go on where training stopped.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let model: String
    let steps: Int
    let loss: Double?
  }

  func run() throws {
    let summary = try withPipeline(pipeline, common) { pipeline in
      try pipeline.train()
      return try pipeline.trainingSummary()
    }
    if common.json {
      return try outputJSON(Report(model: summary.modelPath, steps: summary.stepCount, loss: summary.smoothedLoss))
    }
    try output("model: \(summary.modelPath), after \(summary.stepCount) steps")
  }
}
