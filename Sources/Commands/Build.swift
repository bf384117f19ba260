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
    let splits = try withPipeline(pipeline, common) { pipeline in
      try pipeline.build(only: split)
      return try pipeline.splitSummaries()
    }
    if common.json { return try outputJSON(["splits": splits]) }
    for split in splits { try output(split.text) }
  }
}

extension SplitSummary {
  var text: String {
    "\(split.rawValue): \(counted(sampleCount, "sample")) in \(counted(shardCount, "shard")), \(byteCount) bytes"
  }
}

extension Split: ExpressibleByArgument {}
