import Shards

/// A damaged block whose samples are in no batch.
package struct LeftOutBlock: Sendable {
  /// Path of its shard.
  package let path: String
  /// Its number in the shard.
  package let number: Int
  /// Places of its records in the shard.
  package let records: Range<Int>
  /// What is wrong with it, with its place in the file.
  package let error: ShardError
}

extension Dataset {
  /// Block `number` of the dataset, which could not be read because of `error`.
  func leftOutBlock(_ number: Int, _ error: ShardError) -> LeftOutBlock {
    let (shard, block) = place(ofBlock: number)
    let header = shards[shard].header
    let firstRecord = block * header.blockRecordCount
    return LeftOutBlock(
      path: shards[shard].path, number: block,
      records: firstRecord..<firstRecord + header.recordCount(ofBlock: block), error: error)
  }
}
