import Files

/// The seek table of the Zstandard Seekable Format 0.1.0: where each frame starts, and the size and checksum of its
/// content. The header is its first entry, with no content. Every byte of it follows from the header and the blocks,
/// and a reader compares them all, so the table needs no checksum of its own.
package struct SeekTable: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    package let compressedByteCount: UInt32
    /// Bytes of the content: the uncompressed records.
    package let contentByteCount: UInt32
    /// Low 32 bits of the content's XXH64 with seed 0; every block's frame ends with them too.
    package let checksum: UInt32
  }

  /// One for the header and one for each block.
  package private(set) var entries: [Entry]
  /// Where the frame of each entry starts, and where the last one ends.
  package private(set) var offsets: [Int]

  init(headerByteCount: Int) {
    entries = []
    offsets = [0]
    append(
      Entry(
        compressedByteCount: UInt32(headerByteCount), contentByteCount: 0, checksum: SeekTableLayout.checksumOfNothing))
  }

  mutating func append(_ entry: Entry) {
    entries.append(entry)
    offsets.append(offsets[offsets.count - 1] + Int(entry.compressedByteCount))
  }

  /// Where the seek table itself starts.
  package var end: Int { offsets[offsets.count - 1] }
}

// MARK: - Bytes

extension SeekTable {
  /// The whole last frame of the file.
  func encoded() -> [UInt8] {
    let byteCount = SeekTableLayout.byteCount(frameCount: entries.count)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    bytes.append(littleEndian: SeekTableLayout.frameMagicNumber)
    bytes.append(littleEndian: UInt32(byteCount - SeekTableLayout.frameContentByteCount.end))
    for entry in entries {
      bytes.append(littleEndian: entry.compressedByteCount)
      bytes.append(littleEndian: entry.contentByteCount)
      bytes.append(littleEndian: entry.checksum)
    }
    bytes.append(littleEndian: UInt32(entries.count))
    bytes.append(SeekTableLayout.descriptorValue)
    bytes.append(littleEndian: SeekTableLayout.seekableMagicNumber)
    return bytes
  }

  /// - Parameters:
  ///   - frame: The last bytes of the file, as many as the seek table of this header has.
  ///   - header: The header of the same file.
  ///   - frameOffset: Where `frame` starts in the file.
  /// - Throws: `ShardFault` where a byte contradicts the header or the file's length.
  init(decoding frame: [UInt8], header: ShardHeader, headerByteCount: Int, frameOffset: Int) throws(ShardFault) {
    let bytes = frame.span.bytes
    let frameCount = header.blockCount + 1
    let footerOffset = frame.count - SeekTableLayout.seekableMagic.end
    // The fixed bytes at both ends first, the outermost before the others: they tell an unfinished or foreign file from
    // a damaged one.
    try Self.check(SeekTableLayout.seekableMagic, in: bytes, footerOffset, SeekTableLayout.seekableMagicNumber)
    try Self.check(SeekTableLayout.descriptor, in: bytes, footerOffset, SeekTableLayout.descriptorValue)
    try Self.check(SeekTableLayout.frameCount, in: bytes, footerOffset, UInt32(frameCount))
    try Self.check(SeekTableLayout.frameMagic, in: bytes, 0, SeekTableLayout.frameMagicNumber)
    let contentByteCount = frame.count - SeekTableLayout.frameContentByteCount.end
    try Self.check(SeekTableLayout.frameContentByteCount, in: bytes, 0, UInt32(contentByteCount))

    self.init(headerByteCount: headerByteCount)
    entries.reserveCapacity(frameCount)
    offsets.reserveCapacity(frameCount + 1)
    for number in 0..<frameCount {
      let offset = SeekTableLayout.frameContentByteCount.end + number * SeekTableLayout.checksum.end
      if number == 0 {
        try Self.check(SeekTableLayout.compressedByteCount, in: bytes, offset, entries[0].compressedByteCount)
        try Self.check(SeekTableLayout.contentByteCount, in: bytes, offset, entries[0].contentByteCount)
        try Self.check(SeekTableLayout.checksum, in: bytes, offset, entries[0].checksum)
      } else {
        let contentByteCount = UInt32(header.recordCount(ofBlock: number - 1) * header.recordLayout.byteCount)
        try Self.check(SeekTableLayout.contentByteCount, in: bytes, offset, contentByteCount)
        append(
          Entry(
            compressedByteCount: bytes.integer(at: offset + SeekTableLayout.compressedByteCount.offset),
            contentByteCount: contentByteCount,
            checksum: bytes.integer(at: offset + SeekTableLayout.checksum.offset)))
      }
    }
    guard end == frameOffset else {
      throw .wrongSeekTable(field: "sum of all frames", found: UInt64(end), expected: UInt64(frameOffset))
    }
  }

  /// - Parameter start: Where the structure that the field belongs to starts in `bytes`.
  private static func check<Value: FixedWidthInteger & BitwiseCopyable>(
    _ field: ShardField, in bytes: RawSpan, _ start: Int, _ expected: Value
  ) throws(ShardFault) {
    let found: Value = bytes.integer(at: start + field.offset)
    guard found == expected else {
      throw .wrongSeekTable(field: field.name, found: UInt64(found), expected: UInt64(expected))
    }
  }
}
