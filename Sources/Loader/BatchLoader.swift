import Samples
import Shards
import Workers

/// The batches of one epoch of a dataset, from any batch on, read and decompressed ahead on Dispatch.
///
/// Each job reads one window of the order and copies every record of it straight to its place in a batch. At most
/// `threadCount + 1` windows are ahead of the one being handed out; with windows of `windowByteCountMax` that bounds
/// the memory, whatever the size of the dataset. The batches do not depend on the number of threads.
package final class BatchLoader {
  package enum Order: Sendable, Hashable {
    /// For learning: mixed, and full batches only. The samples left over at the end differ from epoch to epoch.
    case shuffled(EpochOrder.Shuffle)
    /// For judging: by index, every sample once; the last batch may be smaller.
    case sequential
  }

  /// Windows have as many blocks as these two allow, and at least one. 32 blocks of the usual 64 records mix 2,048.
  package static let windowBlockCountMax = 32
  package static let windowByteCountMax = 32 << 20

  package let batchSize: Int
  package let batchesPerEpoch: Int
  private let sampleEnd: Int
  private let windows: OrderedStream<[Batch]>
  /// Parts of batches that were taken from `windows`, the next one last.
  private var parts: [Batch] = []

  /// - Parameters:
  ///   - startBatch: The first batch to hand out; the loader has ended where it is `batchesPerEpoch`.
  ///   - threadCount: Windows read at a time.
  /// - Precondition: batch size and thread count are at least 1.
  /// - Throws: `LoaderError` where a shuffled epoch would have no batch, or the epoch has no batch `startBatch`.
  package init(
    _ dataset: Dataset, order: Order, batchSize: Int, startBatch: Int = 0, threadCount: Int
  ) throws(LoaderError) {
    precondition(batchSize > 0 && threadCount > 0)
    let shuffle: EpochOrder.Shuffle?
    switch order {
    case .shuffled(let value):
      shuffle = value
      batchesPerEpoch = dataset.sampleCount / batchSize
      sampleEnd = batchesPerEpoch * batchSize
      guard batchesPerEpoch > 0 else {
        throw .tooFewSamples(sampleCount: dataset.sampleCount, batchSize: batchSize)
      }
    case .sequential:
      shuffle = nil
      batchesPerEpoch = (dataset.sampleCount - 1) / batchSize + 1
      sampleEnd = dataset.sampleCount
    }
    guard (0...batchesPerEpoch).contains(startBatch) else {
      throw .noSuchBatch(number: startBatch, batchesPerEpoch: batchesPerEpoch)
    }
    self.batchSize = batchSize
    let windowBlockCount = min(Self.windowBlockCountMax, max(1, Self.windowByteCountMax / dataset.blockByteCountMax))
    let epochOrder = EpochOrder(
      blockRecordCounts: dataset.blockRecordCounts, windowBlockCount: windowBlockCount, shuffle: shuffle)
    let wanted = min(startBatch * batchSize, sampleEnd)..<sampleEnd
    let jobs =
      wanted.isEmpty
      ? 0..<0 : epochOrder.window(containing: wanted.lowerBound)..<epochOrder.window(containing: sampleEnd - 1) + 1
    windows = OrderedStream(jobs: jobs, threadCount: threadCount, window: threadCount + 1) { number in
      try batchParts(of: epochOrder.window(number), dataset: dataset, batchSize: batchSize, wanted: wanted)
    }
  }

  /// The next batch, nil after the last.
  /// - Throws: `ShardError` with the place of a block that could not be read; the loader has then ended.
  package func next() throws -> Batch? {
    guard var batch = try nextPart() else { return nil }
    let count = min(batchSize, sampleEnd - batch.number * batchSize)
    while batch.count < count {
      guard let part = try nextPart() else { return nil }
      batch.append(part)
    }
    return batch
  }

  private func nextPart() throws -> Batch? {
    while parts.isEmpty {
      guard let window = try windows.next() else { return nil }
      parts = window.reversed()
    }
    return parts.removeLast()
  }
}

/// The window's records at positions `wanted`, as batches. The first and the last may be parts of batches that other
/// windows continue.
private func batchParts(
  of window: EpochOrder.Window, dataset: Dataset, batchSize: Int, wanted: Range<Int>
) throws(ShardError) -> [Batch] {
  let positions = window.positions.clamped(to: wanted)
  let firstBatch = positions.lowerBound / batchSize
  var parts = (firstBatch...(positions.upperBound - 1) / batchSize).map { number in
    let rows = (number * batchSize..<(number + 1) * batchSize).clamped(to: positions)
    return Batch(number: number, count: rows.count, of: dataset)
  }
  // The first batch may have rows before this window's.
  let firstRow = positions.lowerBound % batchSize
  var block = ShardBlock()
  var place = 0
  for number in window.blocks {
    try dataset.read(block: number, into: &block)
    for record in 0..<block.recordCount {
      let position = window.positions.lowerBound + window.places[place]
      place += 1
      guard positions.contains(position) else { continue }
      let part = position / batchSize - firstBatch
      parts[part].set(position % batchSize - (part == 0 ? firstRow : 0), to: record, of: block)
    }
  }
  return parts
}
