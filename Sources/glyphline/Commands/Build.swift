import ArgumentParser
import Pipeline
import Samples

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw the samples that are missing, as shards and index rows.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Only this split: train, validation or test.", valueName: "name"))
  var split: Split?

  private struct Report: Encodable {
    let split: String
    let samples: Int
    let shards: Int
    let byteCount: Int
  }

  func run() throws {
    let reports = try withPipeline(pipeline, common) { pipeline in
      try pipeline.build(only: split)
      return try pipeline.splitSummaries().map { summary in
        Report(
          split: summary.split.rawValue, samples: summary.sampleCount, shards: summary.shardCount,
          byteCount: summary.byteCount)
      }
    }
    if common.json { return try outputJSON(["splits": reports]) }
    for report in reports {
      try output("\(report.split): \(report.samples) samples in \(report.shards) shards, \(report.byteCount) bytes")
    }
  }
}

extension Split: ExpressibleByArgument {}
