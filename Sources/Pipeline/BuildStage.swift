import Catalog
import Files
import Foundation
import Generator
import Samples
import Shards
import Specs
import Workers

/// A shard that is to be written.
private struct ShardPlan: Sendable {
  /// In the split.
  let number: Int
  let header: ShardHeader
}

extension Pipeline {
  /// Draws what is missing of every split, or of one.
  package func build(only split: Split? = nil) throws {
    if let split { try spec.require(split) }
    for (name, dataset) in spec.datasets.sorted(by: { $0.key < $1.key }) where split == nil || split == name {
      switch dataset {
      case .drawn(let count): try build(name, count: count, from: .drawn(name, of: spec, by: generator))
      case .imported: try checkImported(name)
      }
    }
  }

  /// What the spec asks for as the samples of a split.
  func buildRequest(_ split: Split) throws -> StageRequest {
    try .build(split, of: spec, by: generator.identity, recordedIn: catalog)
  }

  /// Writes what is missing of a split: all of it, where what is there is of another request.
  func build(_ split: Split, count: Int, from source: SampleSource) throws {
    let request = source.request
    let recorded = try catalog.stage(named: request.name)
    let isCurrent = recorded?.contentHash == request.hash.description
    let drawn = isCurrent ? try catalog.sampleCount(of: split) : 0
    let isKept = isCurrent && drawn <= count
    if !isKept {
      if isCurrent {
        report(.started(stage: request.name, reason: "changed: datasets.\(split.rawValue).count: \(drawn) -> \(count)"))
      } else {
        announce(request, recorded: recorded, whenInterrupted: "")
      }
      try catalog.restartBuild(request.row(.running), of: split)
    }
    let shards = try catalog.shards(of: split)
    let plans = try shardPlans(count: count, recorded: shards, from: source)
    guard !plans.isEmpty else {
      if recorded?.state != .done { try finishBuild(request, of: split) }
      report(.skipped(stage: request.name, reason: "\(count) samples in \(shards.count) shards"))
      return
    }
    let missing = plans.reduce(0) { $0 + $1.header.recordCount }
    if isKept {
      announce(request, recorded: recorded, whenInterrupted: "\(count - missing) of \(count) samples are there")
      try catalog.recordStage(request.row(.running))
    }
    let start = Date()
    try write(plans, of: split, count: count, from: source)
    try finishBuild(request, of: split)
    report(
      .finished(
        stage: request.name,
        summary: "\(missing) samples \(source.verb), \(Int(Double(missing) / -start.timeIntervalSinceNow)) a second"))
  }

  /// The shards that are not there: recorded ones whose file is gone or not the one that was recorded, and those before,
  /// between and past the recorded ones.
  private func shardPlans(count: Int, recorded: [ShardRow], from source: SampleSource) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    var number = 0
    var firstIndex = 0
    for shard in recorded {
      let gap = Int(shard.firstIndex) - firstIndex
      let missingCount = shard.number - number
      guard missingCount <= gap && (missingCount > 0 || gap == 0) else {
        throw PipelineError.disorderedShards(file: shard.file, catalog: catalog.path)
      }
      plans += try plan(
        number: number, firstIndex: firstIndex, count: gap, shardCount: missingCount, from: source)
      if !isIntact(shard) {
        report(.note("\(workspace.path(ofFile: shard.file)) is missing or damaged; it is \(source.verb) again"))
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

  /// `count` samples in `shardCount` shards: as full as can be, each with at least one.
  private func plan(
    number: Int, firstIndex: Int, count: Int, shardCount: Int, from source: SampleSource
  ) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    var rest = count
    for place in 0..<max(0, shardCount) {
      let after = shardCount - place - 1
      let recordCount = after == 0 ? rest : min(spec.shards.records, rest - after)
      let header = try source.header(of: spec, firstIndex: firstIndex + count - rest, recordCount: recordCount)
      plans.append(ShardPlan(number: number + place, header: header))
      rest -= recordCount
    }
    return plans
  }

  func isIntact(_ shard: ShardRow) -> Bool {
    guard let reader = try? ShardReader(workspace.path(ofFile: shard.file)) else { return false }
    return reader.fingerprint.description == shard.contentHash && reader.byteCount == shard.byteCount
  }

  /// Makes and compresses blocks on all threads, ahead of the one that writes: while a shard is synced and its rows are
  /// recorded, the blocks of the next are made.
  private func write(_ plans: [ShardPlan], of split: Split, count: Int, from source: SampleSource) throws {
    var firstBlocks = [0]
    for plan in plans { firstBlocks.append(firstBlocks[firstBlocks.count - 1] + plan.header.blockCount) }
    let ends = firstBlocks
    let blocks = OrderedStream<PackedBlock>(
      jobs: 0..<ends[plans.count], threadCount: team.threadCount, window: 16 * team.threadCount
    ) {
      var packing = BlockPacking(source)
      return { job in
        let place = (ends.firstIndex { $0 > job } ?? plans.count) - 1
        return try packing.pack(block: job - ends[place], of: plans[place].header)
      }
    }
    let wanted = plans.reduce(0) { $0 + $1.header.recordCount }
    var done = 0
    for plan in plans {
      let file = workspace.shardFile(split, number: plan.number)
      var writer = try ShardWriter(workspace.path(ofFile: file), header: plan.header, in: fileSystem)
      var rows: [SampleRow] = []
      rows.reserveCapacity(plan.header.recordCount)
      for _ in 0..<plan.header.blockCount {
        try cancellation.check()
        guard let block = try blocks.next() else { preconditionFailure("the stream has a block for every place") }
        try writer.append(block.block)
        rows += block.rows
        done += block.rows.count
        report(
          .progress(
            stage: source.request.name, done: count - wanted + done, total: count, unit: "samples",
            detail: "shard \(plan.number)"))
      }
      let summary = try writer.finish()
      try catalog.recordShard(
        ShardRow(
          split: split, number: plan.number, file: file, firstIndex: summary.firstIndex, records: summary.recordCount,
          byteCount: summary.byteCount, contentHash: summary.fingerprint.description),
        charsets: source.charsets, samples: rows)
    }
  }

  /// Records that a split is whole, once the shards of a former spec that the new ones did not overwrite are removed.
  private func finishBuild(_ request: StageRequest, of split: Split) throws {
    let recorded = Set(try catalog.shards(of: split).map(\.file))
    for name in try FileManager.default.contentsOfDirectory(atPath: workspace.shardsPath).sorted()
    where name.hasPrefix(split.rawValue + "-") && name.hasSuffix(".shard.zst") && !recorded.contains("shards/" + name) {
      report(.note("removing \(workspace.shardsPath)/\(name), a shard of the former spec"))
      try fileSystem.remove(workspace.shardsPath + "/" + name)
    }
    try catalog.recordStage(request.row(.done))
  }
}
