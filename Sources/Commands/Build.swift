import ArgumentParser
import Pipeline
import Samples

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Draw the samples that are missing, as shards and index rows.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Only this split: train, validation or test.", valueName: "name"))
  var split: Split?

  func run() throws {
    let reports = try withPipeline(pipeline, common) { pipeline in
      try pipeline.build(only: split)
      return try pipeline.splitSummaries().map(SplitReport.init)
    }
    if common.json { return try outputJSON(["splits": reports]) }
    for report in reports { try output(report.text) }
  }
}

/// A split as it is printed.
struct SplitReport: Encodable {
  let split: String
  let samples: Int
  let shards: Int
  let byteCount: Int

  init(_ summary: SplitSummary) {
    split = summary.split.rawValue
    samples = summary.sampleCount
    shards = summary.shardCount
    byteCount = summary.byteCount
  }

  var text: String { "\(split): \(samples) samples in \(shards) shards, \(byteCount) bytes" }
}

extension Split: ExpressibleByArgument {}
