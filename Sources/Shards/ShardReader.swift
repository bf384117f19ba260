import Files
import Samples

/// A shard whose header and seek table are undamaged. Blocks are checked as they are read.
///
/// The file is open only while it is read, which costs a few microseconds a block: so a dataset can have any number of
/// shards under the usual limit of 1,024 open files.
package struct ShardReader: Sendable {
  package let path: String
  package let header: ShardHeader
  package let seekTable: SeekTable
  /// As in `ShardSummary`.
  package let fingerprint: ContentHash
  package let byteCount: Int

  /// - Throws: `ShardError` where the file cannot be read or is not a shard with an undamaged header and seek table.
  package init(_ path: String) throws(ShardError) {
    let shard = try ShardFile(path)
    let (header, headerBytes) = try shard.header()
    let (seekTable, seekTableBytes) = try shard.seekTable(header: header, headerByteCount: headerBytes.count)
    self.path = path
    self.header = header
    self.seekTable = seekTable
    byteCount = shard.file.byteCount
    fingerprint = ContentHash(of: headerBytes + seekTableBytes)
  }

  /// The header alone of a shard whose other parts may be damaged.
  package static func header(of path: String) throws(ShardError) -> ShardHeader { try ShardFile(path).header().0 }

  /// Reads block `number` into `block` and checks all of it: frame, checksum, every record's fields.
  /// - Precondition: `number` is below `header.blockCount`.
  /// - Throws: `ShardError` that locates the block; `block` then has no records.
  package func read(block number: Int, into block: inout ShardBlock) throws(ShardError) {
    try ShardFile(path).read(
      block: number, of: header, entry: seekTable.entries[number + 1], at: seekTable.offsets[number + 1], into: &block)
  }

  /// Every record of the shard, in order, as `body` makes of it.
  package func map<Value>(_ body: (Sample) -> Value) throws(ShardError) -> [Value] {
    var values: [Value] = []
    var block = ShardBlock()
    values.reserveCapacity(header.recordCount)
    for number in 0..<header.blockCount {
      try read(block: number, into: &block)
      for record in 0..<block.recordCount { values.append(body(block.record(record))) }
    }
    return values
  }

  /// Record `number`, counted from 0 in the shard. Decompresses its whole block.
  /// - Precondition: `number` is below `header.recordCount`.
  package func record(_ number: Int) throws(ShardError) -> Sample {
    precondition(number >= 0 && number < header.recordCount)
    var block = ShardBlock()
    try read(block: number / header.blockRecordCount, into: &block)
    return block.record(number % header.blockRecordCount)
  }
}
