import Files
import Samples
import Shards

/// Makes bytes that would be refused at a checksum into ones that get past it.
enum ShardBytes {
  /// `bytes` with the hash of their header put right; nil where there is no place for it.
  static func withHeaderHash(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= HeaderLayout.byteCountMin else { return nil }
    let field = HeaderLayout.frameContentByteCount
    let contentByteCount = bytes[field.offset..<field.end].reversed().reduce(0) { $0 << 8 | Int($1) }
    let end = HeaderLayout.contentOffset + contentByteCount
    guard end >= HeaderLayout.byteCountMin && end <= bytes.count else { return nil }
    let hashOffset = end - HeaderLayout.headerHashByteCount
    return bytes[..<hashOffset] + ContentHash(of: bytes[..<hashOffset]).bytes + bytes[end...]
  }

  /// A shard of one block, whose frame is `frame`.
  static func shard(ofFrame frame: [UInt8]) -> [UInt8] {
    let header = header.encoded()
    var bytes = header + frame
    let layout = SeekTableLayout.self
    bytes.append(littleEndian: layout.frameMagicNumber)
    bytes.append(littleEndian: UInt32(layout.byteCount(frameCount: 2) - layout.frameContentByteCount.end))
    bytes.append(littleEndian: UInt32(header.count))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: layout.checksumOfNothing)
    bytes.append(littleEndian: UInt32(frame.count))
    bytes.append(littleEndian: UInt32(contentByteCount))
    bytes += [0, 0, 0, 0, 0, 0, 0, 0].prefix(max(0, 4 - frame.count)) + frame.suffix(4)
    bytes.append(littleEndian: UInt32(2))
    bytes.append(layout.descriptorValue)
    bytes.append(littleEndian: layout.seekableMagicNumber)
    return bytes
  }

  /// A shard of one block, whose records are `content`, cut or filled to their size.
  static func shard(ofContent content: [UInt8]) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: max(0, contentByteCount - content.count))
    return shard(ofFrame: zstdFrame(of: Array(content.prefix(contentByteCount)) + padding, level: 1))
  }

  private static var contentByteCount: Int { header.recordCount * header.recordLayout.byteCount }

  private static let header: ShardHeader = {
    do {
      return try ShardHeader(
        generatorVersion: 1, specHash: ContentHash(of: ""), split: .test, firstIndex: 7, recordCount: 2,
        blockRecordCount: 2, geometry: Geometry(width: 3, height: 2, format: .rgb), labelCapacity: 3,
        charsets: [try Alphabet("01"), try Alphabet("abc")], compressionLevel: 1)
    } catch {
      preconditionFailure("\(error)")
    }
  }()
}
