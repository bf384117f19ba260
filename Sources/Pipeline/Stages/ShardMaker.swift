import Catalog
import Files
import Foundation
import Samples
import Shards
import Workers

/// Makes shards. All threads make and compress blocks while the calling thread writes: the next shard's blocks are made
/// while one is synced and recorded.
struct ShardMaker {
  let source: SampleSource
  /// The name of the stage, for progress messages.
  let stage: String
  let workspace: Workspace
  let fileSystem: any FileSystem
  let threadCount: Int
  let cancellation: Cancellation
  /// Receives events, on the calling thread.
  let report: (PipelineEvent) -> Void

  /// - Parameters:
  ///   - total: Samples that there will be; those of no plan are there already.
  ///   - sharesFolder: Whether other processes may write the same shards meanwhile.
  ///   - record: Called with each shard when it is durable, and with its samples.
  func make(
    _ plans: [ShardPlan], total: Int, sharesFolder: Bool = false,
    record: (ShardPlan, ShardSummary, [SampleRow]) throws -> Void
  ) throws {
    var firstBlocks = [0]
    for plan in plans { firstBlocks.append(firstBlocks[firstBlocks.count - 1] + plan.header.blockCount) }
    let (ends, source) = (firstBlocks, source)
    let blocks = OrderedStream<PackedBlock>(
      jobs: 0..<ends[plans.count], threadCount: threadCount, window: 16 * threadCount
    ) {
      var packing = BlockPacking(source)
      return { job in
        let plan = (ends.firstIndex { $0 > job } ?? plans.count) - 1
        return try packing.pack(block: job - ends[plan], of: plans[plan].header)
      }
    }
    var done = total - plans.reduce(0) { $0 + $1.header.recordCount }
    for plan in plans {
      let (summary, rows) = try write(plan, blocks, sharesFolder: sharesFolder) { count in
        done += count
        report(.progress(stage: stage, done: done, total: total, unit: "samples", detail: "shard \(plan.number)"))
      }
      try record(plan, summary, rows)
    }
  }

  private func write(
    _ plan: ShardPlan, _ blocks: OrderedStream<PackedBlock>, sharesFolder: Bool, progress: (_ count: Int) -> Void
  ) throws -> (ShardSummary, [SampleRow]) {
    let path = workspace.path(ofFile: workspace.shardFile(source.split, number: plan.number))
    var writer = try ShardWriter(path, header: plan.header, sharesFolder: sharesFolder, in: fileSystem)
    var rows: [SampleRow] = []
    rows.reserveCapacity(plan.header.recordCount)
    for _ in 0..<plan.header.blockCount {
      try cancellation.check()
      guard let block = try blocks.next() else { preconditionFailure("the stream has every block") }
      try writer.append(block.block)
      rows += block.rows
      progress(block.rows.count)
    }
    return (try writer.finish(), rows)
  }
}

/// `count` divided by the seconds since `start`.
func perSecond(_ count: Int, since start: Date) -> Int { Int(Double(count) / -start.timeIntervalSinceNow) }
