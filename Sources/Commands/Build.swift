import ArgumentParser
import Pipeline
import Samples
import Specs

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Draw missing samples into shards and the index.",
    discussion: """
      Several machines can share the work: `build SPEC --part K/N`, for each K from 1 to N, draws a part of the missing \
      shards into the workspace, which is on a file system that all of them share. Parts may run at the same time, or \
      again after a crash. Then `build SPEC` verifies their shards, records them, and draws what is missing.
      """)

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Build only this split: train, validation or test.", valueName: "name"))
  var split: Split?

  @Option(help: ArgumentHelp("Draw only the K-th of N parts of the shards, and record nothing.", valueName: "K/N"))
  var part: BuildPart?

  private struct PartReport: Encodable {
    let part: String
    let splits: [PartSummary]
  }

  func run() throws {
    if let part { return try run(part) }
    let splits = try withPipeline(pipeline, common) { pipeline in
      try pipeline.build(only: split)
      return try pipeline.splitSummaries()
    }
    if common.json { return try outputJSON(["splits": splits]) }
    for split in splits { try output(split.text) }
  }

  private func run(_ part: BuildPart) throws {
    let splits = try stoppingSafely(resumeWith: CommandLine.arguments) { cancellation in
      let spec = try PipelineSpec(contentsOf: pipeline.spec)
      let progress = ProgressPrinter()
      defer { progress.finishLine() }
      return try buildPart(
        part, of: spec, only: split, in: pipeline.workspace(of: spec), threadCount: common.threads,
        cancellation: cancellation, report: progress.show)
    }
    if common.json { return try outputJSON(PartReport(part: part.description, splits: splits)) }
    for split in splits {
      try output(
        "\(split.split.rawValue), part \(part): \(counted(split.drawn, "shard")) drawn, \(split.found) there already")
    }
  }
}

extension SplitSummary {
  var text: String {
    "\(split.rawValue): \(counted(sampleCount, "sample")) in \(counted(shardCount, "shard")), \(byteCount) bytes"
  }
}

extension Split: ExpressibleByArgument {}

extension BuildPart: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
