import Samples
import Shards

/// The shards of one split as one list of blocks. It holds their headers and seek tables, about 20 bytes for each
/// block, but no open file.
package struct Dataset: Sendable {
  package let split: Split
  package let geometry: Geometry
  /// All characters of the shards' charsets.
  package let alphabet: Alphabet
  /// [charset, class]: the class in `alphabet` of a charset's class.
  let classes: [[UInt16]]
  /// The most characters in a label.
  package let labelCapacity: Int
  package let sampleCount: Int
  /// By index of their first sample.
  let shards: [ShardReader]
  /// Index in the dataset of each shard's first block; at the end the number of all blocks.
  private let firstBlocks: [Int]
  /// Position in the dataset of each shard's first sample.
  private let firstPositions: [Int]

  /// - Parameter paths: The shards of a split, in any order.
  /// - Throws: `LoaderError` where a shard cannot be read or does not match the others.
  package init(paths: [String]) throws(LoaderError) {
    var shards: [ShardReader]
    do throws(ShardError) {
      shards = try paths.map { path throws(ShardError) in try ShardReader(path) }
    } catch {
      throw .shard(error)
    }
    shards.sort { $0.header.firstIndex < $1.header.firstIndex }
    guard let first = shards.first else { throw .noShards }
    for (previous, shard) in zip(shards, shards.dropFirst()) { try Self.check(shard, isOfOneDatasetWith: previous) }
    self.shards = shards
    split = first.header.split
    geometry = first.header.geometry
    guard let union = try? Alphabet(unionOf: first.header.charsets) else {
      throw .tooManyCharacters(path: first.path)
    }
    alphabet = union
    classes = first.header.charsets.map { $0.characters.compactMap { union.index(of: $0) } }
    labelCapacity = first.header.labelCapacity
    sampleCount = shards.reduce(0) { $0 + $1.header.recordCount }
    firstPositions = shards.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.header.recordCount) }
    firstBlocks = shards.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.header.blockCount) }
  }

  private static func check(_ shard: ShardReader, isOfOneDatasetWith previous: ShardReader) throws(LoaderError) {
    func difference(_ property: LoaderError.Property) -> LoaderError {
      .difference(property, path: previous.path, otherPath: shard.path)
    }
    guard shard.header.split == previous.header.split else { throw difference(.split) }
    guard shard.header.geometry == previous.header.geometry else { throw difference(.geometry) }
    guard shard.header.labelCapacity == previous.header.labelCapacity else { throw difference(.labelCapacity) }
    guard shard.header.charsets == previous.header.charsets else { throw difference(.charset) }
    guard previous.header.firstIndex + UInt64(previous.header.recordCount) <= shard.header.firstIndex else {
      throw .overlap(path: previous.path, otherPath: shard.path)
    }
  }

  var blockCount: Int { firstBlocks[shards.count] }

  /// Number of records of every block, in index order.
  var blockRecordCounts: [UInt32] {
    shards.flatMap { shard in
      (0..<shard.header.blockCount).map { UInt32(shard.header.recordCount(ofBlock: $0)) }
    }
  }

  /// Bytes of the largest block, decompressed.
  var blockByteCountMax: Int {
    shards.reduce(0) { max($0, $1.header.recordCount(ofBlock: 0) * $1.header.recordLayout.byteCount) }
  }

  func recordCount(ofBlock number: Int) -> Int {
    let (shard, block) = location(ofBlock: number)
    return shards[shard].header.recordCount(ofBlock: block)
  }

  /// Reads block `number` of the dataset.
  func read(block number: Int, into block: inout ShardBlock) throws(ShardError) {
    let (shard, numberInShard) = location(ofBlock: number)
    try shards[shard].read(block: numberInShard, into: &block)
  }

  /// The block with the sample at `position` of the dataset, and the sample's record in that block.
  func block(ofSample position: Int) -> (block: Int, record: Int) {
    let shard = firstPositions.lastIndex { $0 <= position } ?? 0
    let (block, record) = (position - firstPositions[shard])
      .quotientAndRemainder(dividingBy: shards[shard].header.blockRecordCount)
    return (firstBlocks[shard] + block, record)
  }

  /// The index of the shard in `shards`, and of the block in the shard, for block `number` of the dataset.
  func location(ofBlock number: Int) -> (shard: Int, block: Int) {
    let shard = firstBlocks.lastIndex { $0 <= number } ?? 0
    return (shard, number - firstBlocks[shard])
  }
}
