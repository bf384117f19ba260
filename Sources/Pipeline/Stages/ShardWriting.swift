import Catalog
import Files
import Foundation
import Samples
import Shards
import Specs
import Workers

/// A shard that is to be written.
private struct ShardPlan: Sendable {
  /// Index of the shard in its split.
  let number: Int
  let header: ShardHeader
}

extension SampleStage {
  /// Writes the missing shards of the split; all of them, where the existing ones were made from other inputs.
  /// - Parameters:
  ///   - kept: Shards that stay; nil for those that were made from the same inputs.
  ///   - result: As in `StageRow`.
  func write(
    _ source: SampleSource, count: Int, keeping kept: SplitShards? = nil, result: String? = nil, in session: Session,
    on engine: Engine
  ) throws {
    let inputs = source.inputs
    let existing = try kept ?? shards(for: inputs, in: session.records)
    let isKept = existing.isCurrent && existing.sampleCount <= count
    if isKept {
      try session.catalog.recordStage(row(.running, inputs, result: result))
      for shard in existing.recorded where existing.damaged.contains(shard.number) {
        session.report(
          .note("\(session.workspace.path(ofFile: shard.file)) is missing or damaged; it is \(source.verb) again"))
      }
    } else {
      try session.catalog.restartBuild(row(.running, inputs, result: result), of: split)
    }
    let plans = try plans(count: count, after: isKept ? existing : nil, from: source, in: session)
    let start = Date()
    try write(plans, count: count, from: source, in: session, on: engine)
    try removeStrays(in: session)
    try session.catalog.recordStage(row(.done, inputs, result: result))
    let written = plans.reduce(0) { $0 + $1.header.recordCount }
    session.report(
      .finished(
        stage: name,
        summary: "\(counted(written, "sample")) \(source.verb), \(perSecond(written, since: start)) a second"))
  }

  /// The shards to write: damaged ones, and those missing before, between and after the recorded ones.
  private func plans(
    count: Int, after existing: SplitShards?, from source: SampleSource, in session: Session
  ) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    var number = 0
    var firstIndex = 0
    for shard in existing?.recorded ?? [] {
      let gap = Int(shard.firstIndex) - firstIndex
      let missingCount = shard.number - number
      guard missingCount <= gap && (missingCount > 0 || gap == 0) else {
        throw PipelineError.disorderedShards(file: shard.file, catalog: session.catalog.path)
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

  /// Makes and compresses blocks on all threads while this thread writes: the next shard's blocks are made while one is
  /// synced and its rows are recorded.
  private func write(
    _ plans: [ShardPlan], count: Int, from source: SampleSource, in session: Session, on engine: Engine
  ) throws {
    var firstBlocks = [0]
    for plan in plans { firstBlocks.append(firstBlocks[firstBlocks.count - 1] + plan.header.blockCount) }
    let ends = firstBlocks
    let blocks = OrderedStream<PackedBlock>(
      jobs: 0..<ends[plans.count], threadCount: engine.team.threadCount, window: 16 * engine.team.threadCount
    ) {
      var packing = BlockPacking(source)
      return { job in
        let plan = (ends.firstIndex { $0 > job } ?? plans.count) - 1
        return try packing.pack(block: job - ends[plan], of: plans[plan].header)
      }
    }
    var done = count - plans.reduce(0) { $0 + $1.header.recordCount }
    for plan in plans { try write(plan, blocks, done: &done, of: count, from: source, in: session) }
  }

  private func write(
    _ plan: ShardPlan, _ blocks: OrderedStream<PackedBlock>, done: inout Int, of count: Int, from source: SampleSource,
    in session: Session
  ) throws {
    let file = session.workspace.shardFile(split, number: plan.number)
    let path = session.workspace.path(ofFile: file)
    var writer = try ShardWriter(path, header: plan.header, in: session.fileSystem)
    var rows: [SampleRow] = []
    rows.reserveCapacity(plan.header.recordCount)
    for _ in 0..<plan.header.blockCount {
      try session.cancellation.check()
      guard let block = try blocks.next() else { preconditionFailure("the stream has every block") }
      try writer.append(block.block)
      rows += block.rows
      done += block.rows.count
      session.report(
        .progress(stage: name, done: done, total: count, unit: "samples", detail: "shard \(plan.number)"))
    }
    let summary = try writer.finish()
    try session.catalog.recordShard(
      ShardRow(
        plan.header, number: plan.number, file: file, byteCount: summary.byteCount, fingerprint: summary.fingerprint),
      modified: FileStatus(path)?.modified ?? 0, charsets: source.charsets, samples: rows)
  }

  /// Removes shards of an earlier spec that the new ones did not overwrite.
  private func removeStrays(in session: Session) throws {
    let recorded = Set(try session.catalog.shards(of: split).map(\.file))
    let folder = session.workspace.shardsPath
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    where name.hasPrefix(split.rawValue + "-") && name.hasSuffix(".shard.zst") && !recorded.contains("shards/" + name) {
      session.report(.note("removing \(folder)/\(name), a shard of an earlier spec"))
      try session.fileSystem.remove(folder + "/" + name)
    }
  }
}

/// `count` divided by the seconds since `start`.
func perSecond(_ count: Int, since start: Date) -> Int { Int(Double(count) / -start.timeIntervalSinceNow) }
