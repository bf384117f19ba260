import ArgumentParser
import Pipeline
import Samples

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Draw missing samples into shards and the index.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Build only this split: train, validation or test.", valueName: "name"))
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

/// The samples and shards of a split, as text or as JSON.
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

  var text: String { "\(split): \(counted(samples, "sample")) in \(counted(shards, "shard")), \(byteCount) bytes" }
}

extension Split: ExpressibleByArgument {}
