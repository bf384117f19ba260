import Shards
import Synchronization

/// Reads samples by their position in a dataset: 0 is its first sample. The blocks used last stay in memory, so
/// positions that are close together are read fast.
package final class SampleReader: Sendable {
  private struct CachedBlock: Sendable {
    let number: Int
    /// All records of the block.
    let records: Batch
  }

  private let dataset: Dataset
  /// As many as have the size of a loader's window.
  private let cachedBlockCountMax: Int
  /// The block used last is at the end.
  private let cache = Mutex<[CachedBlock]>([])

  package init(_ dataset: Dataset) {
    self.dataset = dataset
    cachedBlockCountMax = max(1, BatchLoader.windowByteCountMax / dataset.blockByteCountMax)
  }

  /// - Precondition: each position is below `dataset.sampleCount`.
  /// - Returns: The samples, in the order of `positions`.
  /// - Throws: `ShardError` for a block that cannot be read.
  package func read(_ positions: [Int]) throws(ShardError) -> Batch {
    var samples = Batch(count: positions.count, of: dataset)
    try cache.withLock { cache throws(ShardError) in
      // By block, so that each is looked up once.
      let locations = positions.map { dataset.block(ofSample: $0) }
      for row in locations.indices.sorted(by: { locations[$0] < locations[$1] }) {
        let (block, record) = locations[row]
        if cache.last?.number != block { try use(block, &cache) }
        if let used = cache.last { samples.copy(record, of: used.records, to: row) }
      }
    }
    return samples
  }

  /// Moves block `number` to the end of the cache, reading it if it is not there.
  private func use(_ number: Int, _ cache: inout [CachedBlock]) throws(ShardError) {
    if let index = cache.firstIndex(where: { $0.number == number }) {
      cache.append(cache.remove(at: index))
      return
    }
    var block = ShardBlock()
    try dataset.read(block: number, into: &block)
    var records = Batch(count: block.recordCount, of: dataset)
    for record in 0..<block.recordCount { records.set(record, to: record, of: block) }
    if cache.count == cachedBlockCountMax { cache.removeFirst() }
    cache.append(CachedBlock(number: number, records: records))
  }
}
