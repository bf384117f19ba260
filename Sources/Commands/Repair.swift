import ArgumentParser
import Pipeline

struct Repair: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Draw what is damaged or missing of the shards again, to the same bytes.",
    discussion: """
      Sound blocks stay. What cannot be drawn again, such as imported images, is named, and the exit code is then 65.
      """)

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    struct Shard: Encodable {
      let file: String
      let blocks: Int
      let drawnBlocks: Int
    }

    let repaired: [Shard]
    let remaining: [FaultReport]
  }

  func run() throws {
    let report = try withPipeline(pipeline, common) { pipeline in
      let result = try pipeline.repair()
      return Report(
        repaired: result.repaired.map { .init(file: $0.file, blocks: $0.blockCount, drawnBlocks: $0.drawnBlockCount) },
        remaining: result.remaining.map(FaultReport.init))
    }
    if common.json {
      try outputJSON(report)
    } else {
      for shard in report.repaired {
        try output("\(shard.file): repaired; \(shard.drawnBlocks) of \(shard.blocks) blocks were drawn again")
      }
      for fault in report.remaining { try output(fault.text) }
      if report.repaired.isEmpty && report.remaining.isEmpty { try output("nothing to repair") }
    }
    if !report.remaining.isEmpty { throw ExitCode(.badData) }
  }
}
