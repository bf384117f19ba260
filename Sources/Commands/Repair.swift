import ArgumentParser
import Pipeline
import Samples

struct Repair: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Draw damaged or missing blocks of the shards again, to the same bytes.",
    discussion: """
      Keeps undamaged blocks. Names what cannot be repaired, such as imported images; the exit code is then 65.
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
        try output("\(shard.file): repaired; \(shard.drawnBlocks) of \(counted(shard.blocks, "block")) drawn again")
      }
      for fault in report.remaining { try output(fault.text) }
      if report.repaired.isEmpty && report.remaining.isEmpty { try output("no damage found") }
    }
    if !report.remaining.isEmpty { throw ExitCode(.badData) }
  }
}
