import Catalog
import Files
import Samples
import Shards
import Specs
import Workers

/// The result of rebuilding the index.
package struct ReindexReport: Sendable, Encodable {
  /// Every split of the spec, as it is indexed now.
  package let splits: [SplitSummary]
  /// Shard files that are not in the index, and why.
  package let leftOut: [StorageFault]
}

/// Rebuilds the sample index from the shards alone. It leaves out shards that are missing, damaged or of another spec;
/// `build` draws their samples again.
struct Reindex {
  let session: Session
  let threadCount: Int

  /// - Returns: Shard files of the split that are not in the index, and why.
  /// - Throws: `PipelineError.stale` where the workspace holds the results of another spec.
  func reindex(_ stage: any SampleStage) throws -> [StorageFault] {
    let (catalog, workspace, split) = (session.catalog, session.workspace, stage.split)
    let (inputs, content) = try inputsOfShards(stage)
    if let recorded = try catalog.stage(named: stage.name), recorded.contentHash != inputs.hash.description {
      throw PipelineError.stale(
        stage: stage.name, changes: specDifferences(from: recorded.spec, to: inputs.text).map(\.description))
    }
    let numbers = try shardNumbers(of: split)
    let shards = OrderedStream(jobs: 0..<numbers.count, threadCount: threadCount, window: threadCount + 1) {
      FoundShard.read(numbers[$0], of: stage, inputs, in: workspace)
    }
    // Until all shards are indexed, the stage counts as unfinished.
    try catalog.recordStage(stage.row(.running, inputs, result: content))
    var indexed: [ShardRow] = []
    var leftOut: [StorageFault] = []
    while let result = try shards.next() {
      try session.cancellation.check()
      switch result {
      case .success(let shard) where follows(shard.row, indexed.last, recordsInShard: stage.spec.shards.records):
        try catalog.reindexShard(shard.row, charsets: shard.header.charsets, samples: shard.samples)
        indexed.append(shard.row)
        session.report(
          .progress(
            stage: "reindex \(split.rawValue)", done: indexed.count, total: numbers.count, unit: "shards", detail: ""))
      case .success(let shard):
        leftOut.append(
          StorageFault(
            file: workspace.path(ofFile: shard.row.file),
            problem: "its samples do not follow those of the shard before"))
      case .failure(let fault): leftOut.append(fault)
      }
    }
    for shard in try catalog.shards(of: split) where !indexed.contains(shard) { try catalog.dropShard(shard) }
    if try isWhole(stage, inputs) { try catalog.recordStage(stage.row(.done, inputs, result: content)) }
    return leftOut
  }

  /// Whether all samples of the split are indexed.
  private func isWhole(_ stage: any SampleStage, _ inputs: StageInputs) throws -> Bool {
    if let count = stage.count { return try session.catalog.sampleCount(of: stage.split) == count }
    guard let stage = stage as? ImportStage else { return false }
    let content = content(ofShards: try session.catalog.shards(of: stage.split).map(\.file))
    return stage.inputs(content: content).hash == inputs.hash
  }

  /// The inputs of the stage, and for imported shards the hash of their content: the recorded one, or else computed
  /// from the shards.
  private func inputsOfShards(_ stage: any SampleStage) throws -> (StageInputs, content: String?) {
    guard let stage = stage as? ImportStage else { return (try stage.sampleInputs(in: session.records), nil) }
    let content =
      try session.catalog.stage(named: stage.name).map(\.result)
      ?? content(
        ofShards: try shardNumbers(of: stage.split).map { session.workspace.shardFile(stage.split, number: $0) })
    return (stage.inputs(content: content), content)
  }

  private func content(ofShards files: [String]) -> String? {
    let paths = files.map { session.workspace.path(ofFile: $0) }
    return (try? ImportedContent(ofShards: paths, threadCount: threadCount))?.hash.description
  }

  /// Whether a shard follows the indexed one before it. Between them there may be a gap, of as many samples as the
  /// missing shards can have.
  private func follows(_ shard: ShardRow, _ last: ShardRow?, recordsInShard: Int) -> Bool {
    let missingShards = shard.number - (last.map { $0.number + 1 } ?? 0)
    let missingSamples = Int(shard.firstIndex) - (last.map { Int($0.firstIndex) + $0.records } ?? 0)
    let missingShardsMin = (missingSamples + recordsInShard - 1) / recordsInShard
    return missingShardsMin <= missingShards && missingShards <= missingSamples
  }

  /// The numbers of the split's shard files, in order.
  private func shardNumbers(of split: Split) throws -> [Int] {
    let names = Set(try contents(ofFolder: session.workspace.shardsPath).map { "shards/" + $0 })
    return names.compactMap { name -> Int? in
      // A shard's name is the one that its number gives, so train-7.shard.zst is none.
      let number = Int(name.dropFirst("shards/\(split.rawValue)-".count).prefix { $0.isNumber })
      return number.flatMap { session.workspace.shardFile(split, number: $0) == name ? $0 : nil }
    }.sorted()
  }
}
