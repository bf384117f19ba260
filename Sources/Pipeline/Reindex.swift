import Catalog
import Files
import Samples
import Shards
import Specs
import Workers

/// What reindexing found.
package struct ReindexReport: Sendable {
  /// Every split that the spec draws, as it is indexed now.
  package fileprivate(set) var splits: [SplitSummary] = []
  /// Shard files that are not in the index, and why.
  package fileprivate(set) var leftOut: [StorageFault] = []
}

extension Pipeline {
  /// Makes the sample index again from the shards alone. Shards that are damaged or of another spec are left out, as are
  /// those that are gone; `build` draws what is then missing.
  /// - Throws: `PipelineError.stale` where the workspace is of another spec.
  package func reindex() throws -> ReindexReport {
    var result = ReindexReport()
    for split in spec.datasets.keys.sorted() { try reindex(split, into: &result) }
    result.splits = try splitSummaries()
    return result
  }

  private func reindex(_ split: Split, into result: inout ReindexReport) throws {
    let request = try requestForShards(of: split)
    if let recorded = try catalog.stage(named: request.name), recorded.contentHash != request.hash.description {
      throw PipelineError.stale(
        stage: request.name, changes: specDifferences(from: recorded.spec, to: request.text).map(\.description))
    }
    let numbers = try shardNumbers(of: split)
    let (workspace, specHash) = (workspace, request.hash)
    let shards = OrderedStream(jobs: 0..<numbers.count, threadCount: team.threadCount, window: team.threadCount + 1) {
      IndexableShard(numbers[$0], of: split, specHash: specHash, in: workspace)
    }
    // Until all is indexed, the split is unfinished.
    try catalog.recordStage(request.row(.running))
    var indexed: [ShardRow] = []
    while let shard = try shards.next() {
      try cancellation.check()
      switch shard.content {
      case .success(let content) where follows(content.row, indexed.last):
        try catalog.reindexShard(content.row, charsets: content.charsets, samples: content.samples)
        indexed.append(content.row)
        report(
          .progress(
            stage: "reindex \(split.rawValue)", done: indexed.count, total: numbers.count, unit: "shards", detail: ""))
      case .success(let content):
        result.leftOut.append(
          StorageFault(
            file: workspace.path(ofFile: content.row.file),
            problem: "its samples do not follow those of the shards before"))
      case .failure(let fault): result.leftOut.append(fault)
      }
    }
    for shard in try catalog.shards(of: split) where !indexed.contains(shard) {
      try catalog.dropShard(shard)
    }
    if try isWhole(split, request) { try catalog.recordStage(request.row(.done)) }
  }

  /// Whether all samples that the request asks for are indexed.
  private func isWhole(_ split: Split, _ request: StageRequest) throws -> Bool {
    if let count = spec.datasets[split]?.count { return try catalog.sampleCount(of: split) == count }
    return try importedRequest(split, ofShards: catalog.shards(of: split).map(\.file)).hash == request.hash
  }

  /// What the spec asks for as the samples of a split. Of imported images without a record, only their shards tell which they
  /// are.
  private func requestForShards(of split: Split) throws -> StageRequest {
    let request = try buildRequest(split)
    guard case .imported = spec.datasets[split], try catalog.stage(named: request.name) == nil else { return request }
    return try importedRequest(
      split, ofShards: shardNumbers(of: split).map { workspace.shardFile(split, number: $0) })
  }

  private func importedRequest(_ split: Split, ofShards files: [String]) -> StageRequest {
    let content = try? ImportedContent(ofShards: files.map { workspace.path(ofFile: $0) })
    return .imported(split, of: spec, content: content?.hash.description)
  }

  /// Whether a shard stands in line with the indexed one before it. Between them there may be a gap, of as many samples as
  /// the shards that are not there can have.
  private func follows(_ shard: ShardRow, _ last: ShardRow?) -> Bool {
    let missingShards = shard.number - (last.map { $0.number + 1 } ?? 0)
    let missingSamples = Int(shard.firstIndex) - (last.map { Int($0.firstIndex) + $0.records } ?? 0)
    let missingShardsMin = (missingSamples + spec.shards.records - 1) / spec.shards.records
    return missingShardsMin <= missingShards && missingShards <= missingSamples
  }

  /// The numbers of the split's shard files, in order.
  private func shardNumbers(of split: Split) throws -> [Int] {
    let names = Set(try contents(ofFolder: workspace.shardsPath).map { "shards/" + $0 })
    return names.compactMap { name -> Int? in
      // Only a file of the very name that a number gives is a shard of the workspace.
      let number = Int(name.dropFirst("shards/\(split.rawValue)-".count).prefix { $0.isNumber })
      return number.flatMap { workspace.shardFile(split, number: $0) == name ? $0 : nil }
    }.sorted()
  }
}

/// A shard file as the index would list it.
private struct IndexableShard: Sendable {
  struct Content: Sendable {
    let row: ShardRow
    let charsets: [Alphabet]
    let samples: [SampleRow]
  }

  let content: Result<Content, StorageFault>

  init(_ number: Int, of split: Split, specHash: ContentHash, in workspace: Workspace) {
    let file = workspace.shardFile(split, number: number)
    let path = workspace.path(ofFile: file)
    do throws(ShardError) {
      let reader = try ShardReader(path)
      guard reader.header.split == split && reader.header.specHash == specHash else {
        content = .failure(StorageFault(file: path, problem: "it is of another spec or split"))
        return
      }
      content = .success(
        Content(
          row: ShardRow(reader, number: number, file: file), charsets: reader.header.charsets,
          samples: try Self.samples(of: reader)))
    } catch {
      content = .failure(StorageFault(error))
    }
  }

  private static func samples(of reader: ShardReader) throws(ShardError) -> [SampleRow] {
    var samples: [SampleRow] = []
    var block = ShardBlock()
    for number in 0..<reader.header.blockCount {
      try reader.read(block: number, into: &block)
      for record in 0..<block.recordCount {
        let sample = block.record(record)
        samples.append(SampleRow(charset: sample.charset, label: sample.label, seed: sample.seed))
      }
    }
    return samples
  }
}
