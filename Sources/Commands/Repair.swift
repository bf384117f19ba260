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

  func run() throws {
    let report = try withPipeline(pipeline, common) { try $0.repair() }
    if common.json {
      try outputJSON(report)
    } else {
      for shard in report.repaired {
        let blocks = "\(shard.drawnBlockCount) of \(counted(shard.blockCount, "block"))"
        try output("\(shard.file): repaired; \(blocks) drawn again")
      }
      for fault in report.remaining { try output("\(fault)") }
      if report.repaired.isEmpty && report.remaining.isEmpty { try output("no damage found") }
    }
    if !report.remaining.isEmpty { throw ExitCode(.badData) }
  }
}
