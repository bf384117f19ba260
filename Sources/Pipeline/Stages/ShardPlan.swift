import Catalog
import Samples
import Shards
import Specs

/// A shard that is to be made.
struct ShardPlan: Sendable {
  /// Index of the shard in its split.
  let number: Int
  let header: ShardHeader
}

extension SampleStage {
  /// The shards to make: damaged ones, and those missing before, between and after the recorded ones.
  func plans(
    count: Int, after existing: SplitShards?, from source: SampleSource, catalogPath: String
  ) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    var number = 0
    var firstIndex = 0
    for shard in existing?.recorded ?? [] {
      let gap = Int(shard.firstIndex) - firstIndex
      let missingCount = shard.number - number
      guard missingCount <= gap && (missingCount > 0 || gap == 0) else {
        throw PipelineError.disorderedShards(file: shard.file, catalog: catalogPath)
      }
      plans += try plan(number: number, firstIndex: firstIndex, count: gap, shardCount: missingCount, from: source)
      if existing?.damaged.contains(shard.number) == true {
        plans += try plan(
          number: shard.number, firstIndex: Int(shard.firstIndex), count: shard.records, shardCount: 1, from: source)
      }
      number = shard.number + 1
      firstIndex = Int(shard.firstIndex) + shard.records
    }
    let rest = max(0, count - firstIndex)
    return plans
      + (try plan(
        number: number, firstIndex: firstIndex, count: rest,
        shardCount: (rest + spec.shards.records - 1) / spec.shards.records, from: source))
  }

  /// Plans `count` samples in `shardCount` shards, each as full as can be, with at least one sample for each.
  private func plan(
    number: Int, firstIndex: Int, count: Int, shardCount: Int, from source: SampleSource
  ) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    var rest = count
    for offset in 0..<max(0, shardCount) {
      let after = shardCount - offset - 1
      let recordCount = after == 0 ? rest : min(spec.shards.records, rest - after)
      let header = try source.header(of: spec, firstIndex: firstIndex + count - rest, recordCount: recordCount)
      plans.append(ShardPlan(number: number + offset, header: header))
      rest -= recordCount
    }
    return plans
  }
}
