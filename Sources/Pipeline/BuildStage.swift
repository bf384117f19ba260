import Catalog
import Files
import Foundation
import Generator
import Samples
import Shards
import Specs
import Workers

/// A shard that is to be written: its number in the split and its samples.
private struct ShardPlan: Sendable {
  let number: Int
  let firstIndex: Int
  let recordCount: Int
  let header: ShardHeader
}

/// A block as it comes from a worker: what the shard takes, and what the catalog lists.
private struct DrawnBlock: Sendable {
  let block: EncodedBlock
  let rows: [SampleRow]
}

extension Pipeline {
  /// Draws what is missing of every split, or of one.
  package func build(only split: Split? = nil) throws {
    if let split { try requireDrawn(split) }
    for (name, dataset) in spec.datasets.sorted(by: { $0.key < $1.key }) where split == nil || split == name {
      try build(name, count: dataset.count)
    }
  }

  /// - Throws: `PipelineError.noSuchSplit` where the spec does not draw `split`.
  func requireDrawn(_ split: Split) throws(PipelineError) {
    guard spec.datasets[split] != nil else { throw .noSuchSplit(split, drawn: spec.datasets.keys.sorted()) }
  }

  func buildRequest(_ split: Split) -> StageRequest { .build(split, of: spec, by: generator.identity) }

  private func build(_ split: Split, count: Int) throws {
    let request = buildRequest(split)
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
    let plans = try shardPlans(of: split, count: count, recorded: shards)
    guard !plans.isEmpty else {
      if recorded?.state != .done { try finishBuild(request, of: split) }
      report(.skipped(stage: request.name, reason: "\(count) samples in \(shards.count) shards"))
      return
    }
    let missing = plans.reduce(0) { $0 + $1.recordCount }
    if isKept {
      announce(request, recorded: recorded, whenInterrupted: "\(count - missing) of \(count) samples are there")
      try catalog.recordStage(request.row(.running))
    }
    let start = Date()
    try write(plans, of: split, count: count, stage: request.name)
    try finishBuild(request, of: split)
    report(
      .finished(
        stage: request.name,
        summary: "\(missing) samples drawn, \(Int(Double(missing) / -start.timeIntervalSinceNow)) a second"))
  }

  /// The shards that are not there: those past the recorded ones, and recorded ones whose file is gone or not the one that
  /// was recorded.
  private func shardPlans(of split: Split, count: Int, recorded: [ShardRow]) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    for shard in recorded where !isIntact(shard) {
      report(.note("\(workspace.path(ofFile: shard.file)) is missing or damaged; it is drawn again from its seeds"))
      plans.append(try plan(split, number: shard.number, firstIndex: Int(shard.firstIndex), recordCount: shard.records))
    }
    var firstIndex = recorded.last.map { Int($0.firstIndex) + $0.records } ?? 0
    var number = recorded.last.map { $0.number + 1 } ?? 0
    while firstIndex < count {
      let recordCount = min(spec.shards.records, count - firstIndex)
      plans.append(try plan(split, number: number, firstIndex: firstIndex, recordCount: recordCount))
      firstIndex += recordCount
      number += 1
    }
    return plans
  }

  private func isIntact(_ shard: ShardRow) -> Bool {
    guard let reader = try? ShardReader(workspace.path(ofFile: shard.file)) else { return false }
    return reader.fingerprint.description == shard.contentHash && reader.byteCount == shard.byteCount
  }

  private func plan(_ split: Split, number: Int, firstIndex: Int, recordCount: Int) throws -> ShardPlan {
    let header = try ShardHeader(
      generatorVersion: generator.identity.version, specHash: buildRequest(split).hash, split: split,
      firstIndex: UInt64(firstIndex), recordCount: recordCount, blockRecordCount: spec.shards.block,
      geometry: spec.captcha.geometry, labelCapacity: spec.captcha.lengths.upperBound, charsets: spec.captcha.charsets,
      compressionLevel: spec.shards.compression)
    return ShardPlan(number: number, firstIndex: firstIndex, recordCount: recordCount, header: header)
  }

  /// Draws and compresses blocks on all threads, ahead of the one that writes: while a shard is synced and its rows are
  /// recorded, the blocks of the next are made.
  private func write(_ plans: [ShardPlan], of split: Split, count: Int, stage: String) throws {
    var firstBlocks = [0]
    for plan in plans { firstBlocks.append(firstBlocks[firstBlocks.count - 1] + plan.header.blockCount) }
    let (generator, seed, ends) = (generator, spec.seed, firstBlocks)
    let blocks = OrderedStream<DrawnBlock>(
      jobs: 0..<ends[plans.count], threadCount: team.threadCount, window: 16 * team.threadCount
    ) {
      var drawing = BlockDrawing(generator: generator, split: split, pipelineSeed: seed)
      return { job in
        let place = (ends.firstIndex { $0 > job } ?? plans.count) - 1
        return drawing.draw(block: job - ends[place], of: plans[place])
      }
    }
    let wanted = plans.reduce(0) { $0 + $1.recordCount }
    var done = 0
    for plan in plans {
      let file = workspace.shardFile(split, number: plan.number)
      var writer = try ShardWriter(workspace.path(ofFile: file), header: plan.header, in: fileSystem)
      var rows: [SampleRow] = []
      rows.reserveCapacity(plan.recordCount)
      for _ in 0..<plan.header.blockCount {
        try cancellation.check()
        guard let block = try blocks.next() else { preconditionFailure("the stream has a block for every place") }
        try writer.append(block.block)
        rows += block.rows
        done += block.rows.count
        report(
          .progress(
            stage: stage, done: count - wanted + done, total: count, unit: "samples", detail: "shard \(plan.number)"))
      }
      let summary = try writer.finish()
      try catalog.recordShard(
        ShardRow(
          split: split, number: plan.number, file: file, firstIndex: summary.firstIndex, records: summary.recordCount,
          byteCount: summary.byteCount, contentHash: summary.fingerprint.description),
        charsets: spec.captcha.charsets, samples: rows)
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

/// Draws and compresses blocks, each as soon as its record's bytes are wanted, in memory that it uses again.
private struct BlockDrawing: ~Copyable {
  let generator: CaptchaGenerator
  let split: Split
  let pipelineSeed: UInt64
  private var encoder = ShardBlockEncoder()

  init(generator: CaptchaGenerator, split: Split, pipelineSeed: UInt64) {
    self.generator = generator
    self.split = split
    self.pipelineSeed = pipelineSeed
  }

  mutating func draw(block: Int, of plan: ShardPlan) -> DrawnBlock {
    let first = plan.firstIndex + block * plan.header.blockRecordCount
    var rows: [SampleRow] = []
    rows.reserveCapacity(plan.header.recordCount(ofBlock: block))
    let encoded = encoder.encode(block: block, of: plan.header) { place in
      let index = UInt64(first + place)
      let sample = generator.generate(index: index, seed: split.seed(ofSample: index, pipelineSeed: pipelineSeed))
      rows.append(SampleRow(charset: sample.charset, label: sample.label, seed: sample.seed))
      return sample
    }
    return DrawnBlock(block: encoded, rows: rows)
  }
}
