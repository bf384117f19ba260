/// A field of a shard file. All fields are here in disk order; `Schemas/shard-v1.md` describes the same, and a test
/// compares the two. Integers are little-endian and unsigned. Nothing is aligned by padding.
package struct ShardField: Sendable, Hashable {
  package let name: String
  /// From the start of the structure that the field belongs to.
  package let offset: Int
  package let byteCount: Int

  fileprivate init(_ name: String, after previous: ShardField? = nil, byteCount: Int) {
    self.name = name
    self.offset = previous?.end ?? 0
    self.byteCount = byteCount
  }

  package var end: Int { offset + byteCount }
}

/// The first frame of the file: a skippable frame that describes the rest.
package enum HeaderLayout {
  package static let frameMagic = ShardField("frame_magic", byteCount: 4)
  package static let frameContentByteCount = ShardField("frame_content_byte_count", after: frameMagic, byteCount: 4)
  package static let magic = ShardField("magic", after: frameContentByteCount, byteCount: 8)
  package static let formatVersion = ShardField("format_version", after: magic, byteCount: 4)
  package static let generatorVersion = ShardField("generator_version", after: formatVersion, byteCount: 4)
  package static let specHash = ShardField("spec_hash", after: generatorVersion, byteCount: 32)
  package static let firstIndex = ShardField("first_index", after: specHash, byteCount: 8)
  package static let recordCount = ShardField("record_count", after: firstIndex, byteCount: 4)
  package static let blockRecordCount = ShardField("block_record_count", after: recordCount, byteCount: 4)
  package static let width = ShardField("width", after: blockRecordCount, byteCount: 2)
  package static let height = ShardField("height", after: width, byteCount: 2)
  package static let channelCount = ShardField("channel_count", after: height, byteCount: 2)
  package static let labelCapacity = ShardField("label_capacity", after: channelCount, byteCount: 2)
  package static let split = ShardField("split", after: labelCapacity, byteCount: 2)
  package static let compressionLevel = ShardField("compression_level", after: split, byteCount: 2)
  package static let charsetCount = ShardField("charset_count", after: compressionLevel, byteCount: 2)
  /// Every charset follows: its byte count, then its characters, each ended by a zero byte.
  package static let charsetByteCountByteCount = 4
  /// The SHA-256 of all bytes of the frame before it; last in the frame.
  package static let headerHashByteCount = 32

  package static let fields = [
    frameMagic, frameContentByteCount, magic, formatVersion, generatorVersion, specHash, firstIndex, recordCount,
    blockRecordCount, width, height, channelCount, labelCapacity, split, compressionLevel, charsetCount,
  ]

  /// One of the 16 magic numbers of skippable frames (RFC 8878, section 3.1.2); 7 for the G of Glyphline, ASCII 0x47.
  /// (pzstd writes 0x184D2A50 and the seek table is 0x184D2A5E.)
  package static let frameMagicNumber: UInt32 = 0x184D_2A57
  package static let magicBytes = Array("GLYPHSHD".utf8)
  package static let version: UInt32 = 1
  /// The content of a skippable frame follows its magic number and byte count.
  package static let contentOffset = frameContentByteCount.end
  package static let byteCountMin = charsetCount.end + headerHashByteCount
}

/// One labelled image.
package struct RecordLayout: Sendable, Hashable {
  package static let index = ShardField("index", byteCount: 8)
  package static let seed = ShardField("seed", after: index, byteCount: 8)
  package static let charset = ShardField("charset", after: seed, byteCount: 2)
  package static let labelCount = ShardField("label_count", after: charset, byteCount: 2)

  package static let fields = [index, seed, charset, labelCount]

  /// Value of `classes` past the label's end.
  package static let noClass: UInt16 = 0xFFFF
  static let classByteCount = 2

  package let labelCapacity: Int
  package let imageByteCount: Int

  package var classesOffset: Int { Self.labelCount.end }
  package var pixelsOffset: Int { classesOffset + Self.classByteCount * labelCapacity }
  package var byteCount: Int { pixelsOffset + imageByteCount }
}

/// The last frame of the file: the seek table of the Zstandard Seekable Format 0.1.0, with checksums.
package enum SeekTableLayout {
  package static let frameMagic = ShardField("frame_magic", byteCount: 4)
  package static let frameContentByteCount = ShardField("frame_content_byte_count", after: frameMagic, byteCount: 4)
  package static let headFields = [frameMagic, frameContentByteCount]

  /// An entry for each frame before this one follows.
  package static let compressedByteCount = ShardField("compressed_byte_count", byteCount: 4)
  package static let contentByteCount = ShardField("content_byte_count", after: compressedByteCount, byteCount: 4)
  package static let checksum = ShardField("checksum", after: contentByteCount, byteCount: 4)
  package static let entryFields = [compressedByteCount, contentByteCount, checksum]

  /// The footer follows.
  package static let frameCount = ShardField("frame_count", byteCount: 4)
  package static let descriptor = ShardField("descriptor", after: frameCount, byteCount: 1)
  package static let seekableMagic = ShardField("seekable_magic", after: descriptor, byteCount: 4)
  package static let footerFields = [frameCount, descriptor, seekableMagic]

  package static let frameMagicNumber: UInt32 = 0x184D_2A5E
  package static let seekableMagicNumber: UInt32 = 0x8F92_EAB1
  /// Bit 7: entries have checksums. The others are reserved and zero.
  package static let descriptorValue: UInt8 = 0x80
  /// Of the header, which has no content: the XXH64 of no bytes is 0xEF46DB3751D8E999.
  package static let checksumOfNothing: UInt32 = 0x51D8_E999
  /// The format's own limit.
  package static let frameCountMax = 0x800_0000

  package static func byteCount(frameCount: Int) -> Int {
    frameContentByteCount.end + frameCount * checksum.end + seekableMagic.end
  }
}

/// Limits of this version of the format. They bound what a reader allocates, whatever a file claims.
package enum ShardLimits {
  package static let headerByteCountMax = 1 << 20
  /// Of one block, decompressed.
  package static let blockByteCountMax = 1 << 30
  /// Indices of samples are below this, as `Split.seed(ofSample:pipelineSeed:)` requires.
  package static let indexEnd: UInt64 = 1 << 48
  package static let seedEnd: UInt64 = 1 << 63
  package static let compressionLevels = 1...22
}

extension RawSpan {
  /// The little-endian integer at `offset`.
  /// - Precondition: it lies inside.
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type = Value.self) -> Value {
    // SAFETY: the load checks its bounds, and every bit pattern is an integer.
    Value(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
  }
}

extension [UInt8] {
  package mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    for shift in stride(from: 0, to: Value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
