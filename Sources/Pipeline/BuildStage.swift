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

/// A block as it comes from a worker: what the shard takes, and what the catalog lists.
struct DrawnBlock: Sendable {
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
    let missing = plans.reduce(0) { $0 + $1.header.recordCount }
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

  /// The shards that are not there: recorded ones whose file is gone or not the one that was recorded, and those before,
  /// between and past the recorded ones.
  private func shardPlans(of split: Split, count: Int, recorded: [ShardRow]) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    var number = 0
    var firstIndex = 0
    for shard in recorded {
      let gap = Int(shard.firstIndex) - firstIndex
      plans += try plan(split, number: number, firstIndex: firstIndex, count: gap, shardCount: shard.number - number)
      if !isIntact(shard) {
        report(.note("\(workspace.path(ofFile: shard.file)) is missing or damaged; it is drawn again from its seeds"))
        plans += try plan(
          split, number: shard.number, firstIndex: Int(shard.firstIndex), count: shard.records, shardCount: 1)
      }
      number = shard.number + 1
      firstIndex = Int(shard.firstIndex) + shard.records
    }
    let rest = max(0, count - firstIndex)
    return plans
      + (try plan(
        split, number: number, firstIndex: firstIndex, count: rest,
        shardCount: (rest + spec.shards.records - 1) / spec.shards.records))
  }

  /// `count` samples in `shardCount` shards: as full as can be, each with at least one.
  private func plan(
    _ split: Split, number: Int, firstIndex: Int, count: Int, shardCount: Int
  ) throws -> [ShardPlan] {
    var plans: [ShardPlan] = []
    var rest = count
    for place in 0..<max(0, shardCount) {
      let after = shardCount - place - 1
      let recordCount = after == 0 ? rest : min(spec.shards.records, rest - after)
      let header = try shardHeader(split, firstIndex: firstIndex + count - rest, recordCount: recordCount)
      plans.append(ShardPlan(number: number + place, header: header))
      rest -= recordCount
    }
    return plans
  }

  private func isIntact(_ shard: ShardRow) -> Bool {
    guard let reader = try? ShardReader(workspace.path(ofFile: shard.file)) else { return false }
    return reader.fingerprint.description == shard.contentHash && reader.byteCount == shard.byteCount
  }

  func shardHeader(_ split: Split, firstIndex: Int, recordCount: Int) throws -> ShardHeader {
    try ShardHeader(
      generatorVersion: generator.identity.version, specHash: buildRequest(split).hash, split: split,
      firstIndex: UInt64(firstIndex), recordCount: recordCount, blockRecordCount: spec.shards.block,
      geometry: spec.captcha.geometry, labelCapacity: spec.captcha.lengths.upperBound, charsets: spec.captcha.charsets,
      compressionLevel: spec.shards.compression)
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
      var drawing = BlockDrawing(generator: generator, pipelineSeed: seed)
      return { job in
        let place = (ends.firstIndex { $0 > job } ?? plans.count) - 1
        return drawing.draw(block: job - ends[place], of: plans[place].header)
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
struct BlockDrawing: ~Copyable {
  let generator: CaptchaGenerator
  let pipelineSeed: UInt64
  private var encoder = ShardBlockEncoder()

  init(generator: CaptchaGenerator, pipelineSeed: UInt64) {
    self.generator = generator
    self.pipelineSeed = pipelineSeed
  }

  /// Block `number` of the shard that `header` describes.
  mutating func draw(block number: Int, of header: ShardHeader) -> DrawnBlock {
    let first = header.firstIndex + UInt64(number * header.blockRecordCount)
    var rows: [SampleRow] = []
    rows.reserveCapacity(header.recordCount(ofBlock: number))
    let encoded = encoder.encode(block: number, of: header) { place in
      let index = first + UInt64(place)
      let sample = generator.generate(
        index: index, seed: header.split.seed(ofSample: index, pipelineSeed: pipelineSeed))
      rows.append(SampleRow(charset: sample.charset, label: sample.label, seed: sample.seed))
      return sample
    }
    return DrawnBlock(block: encoded, rows: rows)
  }
}
