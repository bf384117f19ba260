import Files
import Samples

/// What all records of a shard have in common.
package struct ShardHeader: Sendable, Hashable {
  /// Version of the generator that drew the images; 0 for imported images.
  package let generatorVersion: UInt32
  /// Hash of the part of the spec that decides what the images show.
  package let specHash: ContentHash
  package let split: Split
  /// Index in the split of the first record; the others follow without gaps.
  package let firstIndex: UInt64
  package let recordCount: Int
  /// Records in each block but the last.
  package let blockRecordCount: Int
  package let geometry: Geometry
  /// The most characters that a label can have.
  package let labelCapacity: Int
  /// The alphabets of class indices; a record has the index of its charset.
  package let charsets: [Alphabet]
  /// Zstandard level of the blocks, so that a block can be compressed again to the same bytes.
  package let compressionLevel: Int

  /// - Throws: `ShardHeaderError` where a value exceeds the format's limits.
  package init(
    generatorVersion: UInt32, specHash: ContentHash, split: Split, firstIndex: UInt64, recordCount: Int,
    blockRecordCount: Int, geometry: Geometry, labelCapacity: Int, charsets: [Alphabet], compressionLevel: Int
  ) throws(ShardHeaderError) {
    self.generatorVersion = generatorVersion
    self.specHash = specHash
    self.split = split
    self.firstIndex = firstIndex
    self.recordCount = recordCount
    self.blockRecordCount = blockRecordCount
    self.geometry = geometry
    self.labelCapacity = labelCapacity
    self.charsets = charsets
    self.compressionLevel = compressionLevel
    try checkLimits()
  }

  package var blockCount: Int { (recordCount - 1) / blockRecordCount + 1 }

  /// - Precondition: `block` is below `blockCount`.
  package func recordCount(ofBlock block: Int) -> Int {
    precondition(block >= 0 && block < blockCount)
    return min(blockRecordCount, recordCount - block * blockRecordCount)
  }

  package var recordLayout: RecordLayout {
    RecordLayout(labelCapacity: labelCapacity, imageByteCount: geometry.byteCount)
  }

  private func checkLimits() throws(ShardHeaderError) {
    func check(_ field: ShardField, _ value: Int, in range: ClosedRange<Int>) throws(ShardHeaderError) {
      guard range.contains(value) else { throw .impossible(field: field.name, value: UInt64(clamping: value)) }
    }
    try check(HeaderLayout.recordCount, recordCount, in: 1...Int(UInt32.max))
    try check(HeaderLayout.blockRecordCount, blockRecordCount, in: 1...Int(UInt32.max))
    try check(HeaderLayout.width, geometry.width, in: 1...Int(UInt16.max))
    try check(HeaderLayout.height, geometry.height, in: 1...Int(UInt16.max))
    try check(HeaderLayout.labelCapacity, labelCapacity, in: 1...Int(UInt16.max))
    try check(HeaderLayout.compressionLevel, compressionLevel, in: ShardLimits.compressionLevels)
    try check(HeaderLayout.charsetCount, charsets.count, in: 1...Int(UInt16.max))
    let (end, overflow) = firstIndex.addingReportingOverflow(UInt64(recordCount))
    guard !overflow && end <= ShardLimits.indexEnd else {
      throw .impossible(field: HeaderLayout.firstIndex.name, value: firstIndex)
    }
    // Within the limits above a record has less than 2^34 bytes, but the byte count of a block may still overflow.
    let blockByteCount = recordLayout.byteCount.multipliedReportingOverflow(by: min(blockRecordCount, recordCount))
    guard !blockByteCount.overflow && blockByteCount.partialValue <= ShardLimits.blockByteCountMax else {
      throw .tooLargeBlocks(recordByteCount: recordLayout.byteCount, recordCount: min(blockRecordCount, recordCount))
    }
    guard blockCount < SeekTableLayout.frameCountMax else { throw .tooManyBlocks(blockCount) }
    for (number, charset) in charsets.enumerated() where charset.characters.contains("\0") {
      throw .impossibleCharset(number: number)
    }
    let charsetByteCount = charsets.reduce(0) { $0 + Self.byteCount(of: $1) }
    guard HeaderLayout.byteCountMin + charsetByteCount <= ShardLimits.headerByteCountMax else {
      throw .tooLargeCharsets(byteCount: charsetByteCount)
    }
  }

  private static func byteCount(of charset: Alphabet) -> Int {
    charset.characters.reduce(HeaderLayout.charsetByteCountByteCount) { $0 + String($1).utf8.count + 1 }
  }
}

/// Why a header is invalid in format version 1.
package enum ShardHeaderError: Error, Equatable, CustomStringConvertible {
  /// The value is outside the field's range.
  case impossible(field: String, value: UInt64)
  case tooLargeBlocks(recordByteCount: Int, recordCount: Int)
  case tooManyBlocks(Int)
  case tooLargeCharsets(byteCount: Int)
  /// The charset is empty, names a character twice, holds the character U+0000 or is not UTF-8.
  case impossibleCharset(number: Int)
  /// The parts of the header and the frame's byte count do not fit together.
  case wrongByteCount

  package var description: String {
    switch self {
    case .impossible(let field, let value): "\(field) is \(value)"
    case .tooLargeBlocks(let recordByteCount, let recordCount):
      "a block of \(counted(recordCount, "record")) of \(recordByteCount) bytes; "
        + "at most \(ShardLimits.blockByteCountMax) bytes are possible, so choose fewer records per block"
    case .tooManyBlocks(let count):
      "\(count) blocks; fewer than \(SeekTableLayout.frameCountMax) are possible, so choose more records per block"
    case .tooLargeCharsets(let byteCount):
      "charsets of \(byteCount) bytes; the header has room for \(ShardLimits.headerByteCountMax)"
    case .impossibleCharset(let number):
      "charset \(number) is empty, names a character twice, holds U+0000 or is not UTF-8"
    case .wrongByteCount: "its parts do not add up to its length"
    }
  }
}

// MARK: - Bytes

extension ShardHeader {
  /// The whole first frame of the file.
  package func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: HeaderLayout.frameMagicNumber)
    let byteCount = HeaderLayout.byteCountMin + charsets.reduce(0) { $0 + Self.byteCount(of: $1) }
    bytes.append(littleEndian: UInt32(byteCount - HeaderLayout.contentOffset))
    bytes += HeaderLayout.magicBytes
    bytes.append(littleEndian: HeaderLayout.version)
    bytes.append(littleEndian: generatorVersion)
    bytes += specHash.bytes
    bytes.append(littleEndian: firstIndex)
    bytes.append(littleEndian: UInt32(recordCount))
    bytes.append(littleEndian: UInt32(blockRecordCount))
    bytes.append(littleEndian: UInt16(geometry.width))
    bytes.append(littleEndian: UInt16(geometry.height))
    bytes.append(littleEndian: UInt16(geometry.format.rawValue))
    bytes.append(littleEndian: UInt16(labelCapacity))
    bytes.append(littleEndian: Self.number(of: split))
    bytes.append(littleEndian: UInt16(compressionLevel))
    bytes.append(littleEndian: UInt16(charsets.count))
    for charset in charsets {
      bytes.append(littleEndian: UInt32(Self.byteCount(of: charset) - HeaderLayout.charsetByteCountByteCount))
      for character in charset.characters { bytes += String(character).utf8 + [0] }
    }
    bytes += ContentHash(of: bytes).bytes
    return bytes
  }

  /// The byte count of the whole first frame, from its first `HeaderLayout.contentOffset` bytes.
  static func frameByteCount(_ bytes: RawSpan) throws(ShardFault) -> Int {
    guard bytes.byteCount >= HeaderLayout.contentOffset,
      bytes.integer(at: HeaderLayout.frameMagic.offset) == HeaderLayout.frameMagicNumber
    else { throw .notAShard }
    let contentByteCount: UInt32 = bytes.integer(at: HeaderLayout.frameContentByteCount.offset)
    let byteCount = HeaderLayout.contentOffset + Int(contentByteCount)
    // Another program's skippable frame may have any length.
    guard byteCount >= HeaderLayout.byteCountMin && byteCount <= ShardLimits.headerByteCountMax else {
      throw .notAShard
    }
    return byteCount
  }

  /// - Parameter frame: the whole first frame, of `frameByteCount` bytes.
  init(decoding frame: [UInt8]) throws(ShardFault) {
    let bytes = frame.span.bytes
    guard Array(frame[HeaderLayout.magic.offset..<HeaderLayout.magic.end]) == HeaderLayout.magicBytes else {
      throw .notAShard
    }
    // A later version may have its hash elsewhere, so the version is checked first.
    let version: UInt32 = bytes.integer(at: HeaderLayout.formatVersion.offset)
    guard version == HeaderLayout.version else { throw .unsupportedVersion(version) }
    let hashOffset = frame.count - HeaderLayout.headerHashByteCount
    guard ContentHash(of: frame[..<hashOffset]).bytes == Array(frame[hashOffset...]) else { throw .wrongHeaderHash }
    do throws(ShardHeaderError) {
      try self.init(hashed: frame, charsetsEnd: hashOffset)
    } catch {
      throw .impossibleHeader(error)
    }
  }

  private init(hashed frame: [UInt8], charsetsEnd: Int) throws(ShardHeaderError) {
    let bytes = frame.span.bytes
    func number(_ field: ShardField) -> UInt64 {
      (0..<field.byteCount).reduce(0) { $0 | UInt64(frame[field.offset + $1]) << (8 * $1) }
    }
    func impossible(_ field: ShardField) -> ShardHeaderError { .impossible(field: field.name, value: number(field)) }

    guard let split = Split.allCases.first(where: { UInt64(Self.number(of: $0)) == number(HeaderLayout.split) }) else {
      throw impossible(HeaderLayout.split)
    }
    guard let format = PixelFormat(rawValue: Int(number(HeaderLayout.channelCount))) else {
      throw impossible(HeaderLayout.channelCount)
    }
    for field in [HeaderLayout.width, HeaderLayout.height] where number(field) == 0 { throw impossible(field) }

    var charsets: [Alphabet] = []
    var offset = HeaderLayout.charsetCount.end
    for number in 0..<Int(number(HeaderLayout.charsetCount)) {
      guard charsetsEnd - offset >= HeaderLayout.charsetByteCountByteCount else { throw .wrongByteCount }
      let byteCount = Int(bytes.integer(at: offset, as: UInt32.self))
      offset += HeaderLayout.charsetByteCountByteCount
      guard byteCount <= charsetsEnd - offset else { throw .wrongByteCount }
      charsets.append(try Self.charset(number, in: frame[offset..<offset + byteCount]))
      offset += byteCount
    }
    guard offset == charsetsEnd else { throw .wrongByteCount }

    try self.init(
      generatorVersion: UInt32(number(HeaderLayout.generatorVersion)),
      specHash: ContentHash(bytes: Array(frame[HeaderLayout.specHash.offset..<HeaderLayout.specHash.end])),
      split: split, firstIndex: number(HeaderLayout.firstIndex), recordCount: Int(number(HeaderLayout.recordCount)),
      blockRecordCount: Int(number(HeaderLayout.blockRecordCount)),
      geometry: Geometry(
        width: Int(number(HeaderLayout.width)), height: Int(number(HeaderLayout.height)), format: format),
      labelCapacity: Int(number(HeaderLayout.labelCapacity)), charsets: charsets,
      compressionLevel: Int(number(HeaderLayout.compressionLevel)))
  }

  private static func charset(_ number: Int, in bytes: ArraySlice<UInt8>) throws(ShardHeaderError) -> Alphabet {
    guard bytes.last == 0 else { throw .impossibleCharset(number: number) }
    var characters: [Character] = []
    for part in bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false) {
      guard let text = String(validating: part, as: UTF8.self), text.count == 1, let character = text.first else {
        throw .impossibleCharset(number: number)
      }
      characters.append(character)
    }
    do throws(AlphabetError) {
      return try Alphabet(characters)
    } catch {
      throw .impossibleCharset(number: number)
    }
  }

  /// The split's number on disk; never renumber.
  private static func number(of split: Split) -> UInt16 {
    switch split {
    case .train: 0
    case .validation: 1
    case .test: 2
    }
  }
}
