import Catalog
import Files
import Foundation
import Samples
import Shards
import Specs
import Workers

/// The recorded samples of a split, to be written in a form for other programs.
package struct SplitExport {
  let split: Split
  let spec: PipelineSpec
  /// The stage that made the samples.
  let stage: StageRow
  private let shards: [ShardReader]
  package let sampleCount: Int
  private let threadCount: Int
  private let cancellation: Cancellation
  private let report: (PipelineEvent) -> Void

  /// - Parameters:
  ///   - threadCount: nil for all CPUs that the process may use.
  ///   - report: Receives the progress, on the calling thread.
  /// - Throws: `PipelineError.noSuchSplit` where the spec does not have the split, `missing` where it is not built,
  ///   `ShardError` where a shard cannot be read.
  package init(
    _ split: Split, of spec: PipelineSpec, in workspace: Workspace, threadCount: Int?, cancellation: Cancellation,
    report: @escaping (PipelineEvent) -> Void
  ) throws {
    try spec.require(split)
    let recorded = try workspace.recorded(split)
    (self.split, self.spec, stage) = (split, spec, recorded.stage)
    shards = try recorded.shardPaths.map { try ShardReader($0) }
    sampleCount = shards.reduce(0) { $0 + $1.header.recordCount }
    self.threadCount = Team(threadCount: threadCount).threadCount
    self.cancellation = cancellation
    self.report = report
  }

  /// What `encode` makes of each sample, in order.
  /// - Parameter encode: Called on any thread with a sample and its charset.
  func encoded<Value: Sendable>(
    _ encode: @escaping @Sendable (Sample, Alphabet) throws -> Value
  ) -> EncodedSamples<Value> {
    let blocks = shards.flatMap { shard in (0..<shard.header.blockCount).map { (shard, $0) } }
    let stream = OrderedStream(jobs: 0..<blocks.count, threadCount: threadCount, window: 2 * threadCount) { job in
      let (shard, number) = blocks[job]
      var block = ShardBlock()
      try shard.read(block: number, into: &block)
      return try (0..<block.recordCount).map { record in
        let sample = block.record(record)
        return try encode(sample, shard.header.charsets[sample.charset])
      }
    }
    return EncodedSamples(export: self, blocks: stream)
  }

  /// Makes a folder, which gets its name when `fill` has written all its files.
  /// - Parameter fill: Writes the files into the folder that it is given.
  /// - Throws: `PipelineError.folderExists` where there is one of that name already.
  func makeFolder(_ path: String, fill: (_ partial: String) throws -> Void) throws {
    let files = SystemFileSystem()
    var path = path[...]
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    let target = String(path)
    guard !FileManager.default.fileExists(atPath: target) else { throw PipelineError.folderExists(target) }
    let partial = target + DurableFile.temporarySuffix
    if isFolder(partial) { try FileManager.default.removeItem(atPath: partial) }
    try files.createDirectory(partial)
    do {
      try fill(partial)
      try files.rename(partial, to: target)
    } catch {
      // A full disk gets its space back. What another thread still writes is removed by the next export.
      try? FileManager.default.removeItem(atPath: partial)
      throw error
    }
  }

  fileprivate func reportProgress(_ done: Int) throws {
    try cancellation.check()
    report(.progress(stage: "export", done: done, total: sampleCount, unit: "images", detail: ""))
  }
}

/// What an export makes of each sample of a split, in order, computed ahead block by block.
struct EncodedSamples<Value: Sendable> {
  private let export: SplitExport
  private let blocks: OrderedStream<[Value]>
  private var rest: ArraySlice<Value> = []
  private var doneCount = 0

  fileprivate init(export: SplitExport, blocks: OrderedStream<[Value]>) {
    self.export = export
    self.blocks = blocks
  }

  /// nil after the last one.
  /// - Throws: What `encode` threw, `ShardError` where a block is damaged, or `Interrupted`.
  mutating func next() throws -> Value? {
    if rest.isEmpty {
      try export.reportProgress(doneCount)
      rest = try blocks.next()?[...] ?? []
      doneCount += rest.count
    }
    return rest.popFirst()
  }
}
