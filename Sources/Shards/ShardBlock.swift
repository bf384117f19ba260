import Samples

/// An encoded block: a Zstandard frame of records.
package struct EncodedBlock: Sendable {
  package let number: Int
  /// The frame's bytes, as in the file.
  let frame: [UInt8]
  let entry: SeekTable.Entry
}

/// Encodes blocks of shards, one after the other, in memory that it reuses; each thread has its own encoder. A block's
/// bytes depend only on the header, its samples and libzstd's version.
package struct ShardBlockEncoder: ~Copyable {
  private var content: [UInt8] = []

  package init() {}

  /// Block `number` of a shard.
  /// - Parameter sample: Makes a sample of the block by its index there; called once for each, in order.
  /// - Precondition: the samples are those of the block, with the header's geometry, at most as many characters as it
  ///   allows, and classes of their charset.
  package mutating func encode(
    block number: Int, of header: ShardHeader, sample: (_ record: Int) throws -> Sample
  ) rethrows -> EncodedBlock {
    let byteCount = header.recordLayout.byteCount
    let recordCount = header.recordCount(ofBlock: number)
    content.resize(to: recordCount * byteCount)
    let firstIndex = header.firstIndex + UInt64(number * header.blockRecordCount)
    for record in 0..<recordCount {
      let sample = try sample(record)
      precondition(sample.index == firstIndex + UInt64(record), "a shard's records follow each other without gaps")
      content.withUnsafeMutableBytes { content in
        let bytes = content[record * byteCount..<(record + 1) * byteCount]
        header.store(sample, in: UnsafeMutableRawBufferPointer(rebasing: bytes))
      }
    }
    let frame = zstdFrame(of: content, level: header.compressionLevel)
    return EncodedBlock(
      number: number, frame: frame,
      entry: SeekTable.Entry(
        compressedByteCount: UInt32(frame.count), contentByteCount: UInt32(content.count),
        checksum: ZstdFrameHead.checksum(of: frame.span.bytes)))
  }
}

extension ShardHeader {
  /// - Parameter bytes: The record's bytes in the block.
  fileprivate func store(_ sample: Sample, in bytes: UnsafeMutableRawBufferPointer) {
    let layout = recordLayout
    let classes = sample.label.classes
    let classCount = charsets[sample.charset].count
    precondition(sample.columns.geometry == geometry && sample.seed < ShardLimits.seedEnd)
    precondition(classes.count <= labelCapacity && classes.allSatisfy { $0 < classCount })
    bytes.store(sample.index, at: RecordLayout.index.offset)
    bytes.store(sample.seed, at: RecordLayout.seed.offset)
    bytes.store(UInt16(sample.charset), at: RecordLayout.charset.offset)
    bytes.store(UInt16(classes.count), at: RecordLayout.labelCount.offset)
    for position in 0..<labelCapacity {
      let value = position < classes.count ? classes[position] : RecordLayout.noClass
      bytes.store(value, at: layout.classesOffset + RecordLayout.classByteCount * position)
    }
    // SAFETY: the slice's bounds are checked, and the image is not part of the block.
    sample.columns.pixels.withUnsafeBufferPointer { columns in
      let stored = UnsafeMutableRawBufferPointer(rebasing: bytes[layout.pixelsOffset...])
      PixelFilter(geometry: geometry).filter(columns, into: stored.assumingMemoryBound(to: UInt8.self))
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Stores an integer in little-endian order.
  /// - Precondition: there is room for it at `offset`.
  fileprivate func store(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
    precondition(offset >= 0 && offset <= count - value.bitWidth / 8)
    storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
  }
}

/// One decompressed block, in memory reused for any block of any shard, by one thread at a time. Reading replaces the
/// content; after a failed read there are no records.
package struct ShardBlock: ~Copyable {
  /// Records of the block read last.
  package private(set) var recordCount = 0
  private var frame: [UInt8] = []
  private var content: [UInt8] = []
  private var layout = RecordLayout(labelCapacity: 0, imageByteCount: 0)
  private var geometry = Geometry(width: 1, height: 1, format: .gray)
  private var decompressor = ZstdDecompressor()

  package init() {}

  /// The sample's index in its split.
  package func index(ofRecord record: Int) -> UInt64 {
    content.span.bytes.integer(at: offset(ofRecord: record) + RecordLayout.index.offset)
  }

  /// The seed that the record's image was drawn from; 0 for an imported image.
  package func seed(ofRecord record: Int) -> UInt64 {
    content.span.bytes.integer(at: offset(ofRecord: record) + RecordLayout.seed.offset)
  }

  /// Index of the record's charset among those of the shard's header.
  package func charset(ofRecord record: Int) -> Int {
    Int(content.span.bytes.integer(at: offset(ofRecord: record) + RecordLayout.charset.offset, as: UInt16.self))
  }

  /// Copies the record's class indices, `RecordLayout.noClass` past the label's end.
  /// - Parameter destination: [label capacity].
  package func copyClasses(ofRecord record: Int, to destination: UnsafeMutableBufferPointer<UInt16>) {
    precondition(destination.count == layout.labelCapacity)
    let bytes = content.span.bytes
    let offset = offset(ofRecord: record) + layout.classesOffset
    for position in 0..<layout.labelCapacity {
      destination[position] = bytes.integer(at: offset + RecordLayout.classByteCount * position)
    }
  }

  /// Copies the record's image.
  /// - Parameter destination: [height, width, channel].
  package func copyPixels(ofRecord record: Int, to destination: UnsafeMutableBufferPointer<UInt8>) {
    precondition(destination.count == layout.imageByteCount)
    let offset = offset(ofRecord: record) + layout.pixelsOffset
    // SAFETY: the slice's bounds are checked, and `destination` is not part of `content`.
    content.withUnsafeBufferPointer { content in
      let stored = UnsafeBufferPointer(rebasing: content[offset..<offset + layout.imageByteCount])
      PixelFilter(geometry: geometry).reconstruct(stored, into: destination)
    }
  }

  package func record(_ record: Int) -> Sample {
    let bytes = content.span.bytes
    let offset = offset(ofRecord: record)
    let labelCount: UInt16 = bytes.integer(at: offset + RecordLayout.labelCount.offset)
    let classes = (0..<Int(labelCount)).map { position in
      bytes.integer(at: offset + layout.classesOffset + RecordLayout.classByteCount * position, as: UInt16.self)
    }
    var image = Image(geometry: geometry)
    image.pixels.withUnsafeMutableBufferPointer { copyPixels(ofRecord: record, to: $0) }
    return Sample(
      index: index(ofRecord: record), seed: seed(ofRecord: record), charset: charset(ofRecord: record),
      label: Label(classes: classes), image: image)
  }

  private func offset(ofRecord record: Int) -> Int {
    precondition(record >= 0 && record < recordCount)
    return record * layout.byteCount
  }
}

// MARK: - Decoding

extension ShardBlock {
  /// A Zstandard block has at least 4 bytes and makes at most 128 KiB (RFC 8878, section 3.1.1.2). So a small file
  /// cannot make a reader allocate much memory.
  private static let expansionMax = (128 << 10) / 4

  /// Reads the `byteCount` bytes of the next block's frame with `read`.
  mutating func readFrame(
    byteCount: Int, _ read: (inout [UInt8]) throws(ShardError) -> Void
  ) throws(ShardError) {
    recordCount = 0
    frame.resize(to: byteCount)
    try read(&frame)
  }

  /// Decodes the frame just read as block `number` of a shard.
  mutating func decode(number: Int, of header: ShardHeader, entry: SeekTable.Entry) throws(ShardFault) {
    try decompress(entry)
    try checkRecords(number: number, of: header)
    layout = header.recordLayout
    geometry = header.geometry
    recordCount = header.recordCount(ofBlock: number)
  }

  private mutating func decompress(_ entry: SeekTable.Entry) throws(ShardFault) {
    do throws(ZstdError) {
      let head = try ZstdFrameHead(frame.span.bytes)
      guard head.byteCount == frame.count else { throw ZstdError(message: "the frame ends too early") }
      guard head.contentByteCount == UInt64(entry.contentByteCount) else {
        throw ZstdError(message: "the frame declares another content length")
      }
      guard head.hasChecksum else { throw ZstdError(message: "the frame has no checksum") }
      guard frame.count >= Int(entry.contentByteCount) / Self.expansionMax else {
        throw ZstdError(message: "the frame is too short for its content")
      }
    } catch {
      throw .wrongFrame(error.message)
    }
    guard ZstdFrameHead.checksum(of: frame.span.bytes) == entry.checksum else { throw .wrongChecksum }
    content.resize(to: Int(entry.contentByteCount))
    do throws(ZstdError) {
      try decompressor.decompress(frame, into: &content)
    } catch {
      throw .undecodable(error.message)
    }
  }

  /// Checks every field: a faulty program may have written a block with a correct checksum.
  private func checkRecords(number: Int, of header: ShardHeader) throws(ShardFault) {
    let bytes = content.span.bytes
    let layout = header.recordLayout
    let firstRecord = number * header.blockRecordCount
    for record in 0..<header.recordCount(ofBlock: number) {
      let offset = record * layout.byteCount
      func impossible(_ field: String, _ value: UInt64) -> ShardFault {
        .impossibleRecord(number: firstRecord + record, field: field, value: value)
      }
      let index: UInt64 = bytes.integer(at: offset + RecordLayout.index.offset)
      guard index == header.firstIndex + UInt64(firstRecord + record) else { throw impossible("index", index) }
      let seed: UInt64 = bytes.integer(at: offset + RecordLayout.seed.offset)
      guard seed < ShardLimits.seedEnd else { throw impossible("seed", seed) }
      let charset = Int(bytes.integer(at: offset + RecordLayout.charset.offset, as: UInt16.self))
      guard charset < header.charsets.count else { throw impossible("charset", UInt64(charset)) }
      let labelCount = Int(bytes.integer(at: offset + RecordLayout.labelCount.offset, as: UInt16.self))
      guard labelCount <= layout.labelCapacity else { throw impossible("label_count", UInt64(labelCount)) }
      let classCount = header.charsets[charset].count
      for position in 0..<layout.labelCapacity {
        let value: UInt16 = bytes.integer(
          at: offset + layout.classesOffset + RecordLayout.classByteCount * position)
        guard position < labelCount ? value < classCount : value == RecordLayout.noClass else {
          throw impossible("class \(position)", UInt64(value))
        }
      }
    }
  }
}

extension [UInt8] {
  /// Grows or shrinks to `count`, keeping its memory where that is large enough.
  fileprivate mutating func resize(to count: Int) {
    if count < self.count {
      removeLast(self.count - count)
    } else {
      append(contentsOf: repeatElement(0, count: count - self.count))
    }
  }
}
