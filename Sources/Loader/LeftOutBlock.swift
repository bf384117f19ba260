import Shards

/// A damaged block, whose samples are in no batch.
package struct LeftOutBlock: Sendable {
  /// Path of its shard.
  package let path: String
  /// Index of the block in the shard.
  package let number: Int
  /// Indices of its records in the shard.
  package let records: Range<Int>
  /// The damage, with its position in the file.
  package let error: ShardError
}

extension Dataset {
  /// Block `number` of the dataset, which could not be read because of `error`.
  func leftOutBlock(_ number: Int, _ error: ShardError) -> LeftOutBlock {
    let (shard, block) = location(ofBlock: number)
    let header = shards[shard].header
    let firstRecord = block * header.blockRecordCount
    return LeftOutBlock(
      path: shards[shard].path, number: block,
      records: firstRecord..<firstRecord + header.recordCount(ofBlock: block), error: error)
  }
}
