/// A chunk of a PNG file: the length of its content, its type, the content, and a checksum, which is not looked at here
/// (RFC 2083, section 3.2).
struct PNGChunk {
  let type: ArraySlice<UInt8>
  let content: ArraySlice<UInt8>
  /// Where the whole chunk lies in the file.
  let range: Range<Int>

  /// Length and type before the content, the checksum after it.
  private static let byteCountAround = 12
  /// Set in the first letter of an ancillary chunk's type (RFC 2083, section 3.3).
  private static let lowercaseBit: UInt8 = 0x20

  /// The chunk that begins here; nil where there is no whole, valid one.
  init?(at offset: Int, of bytes: [UInt8]) {
    let contentByteCountMax = bytes.count - offset - Self.byteCountAround
    guard contentByteCountMax >= 0 else { return nil }
    let contentByteCount = bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
    type = bytes[(offset + 4)..<(offset + 8)]
    let isLetters = type.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 & ~Self.lowercaseBit }
    guard contentByteCount <= contentByteCountMax, isLetters else { return nil }
    content = bytes[(offset + 8)..<(offset + 8 + contentByteCount)]
    range = offset..<(offset + Self.byteCountAround + contentByteCount)
  }

  var isAncillary: Bool { type.first.map { $0 & Self.lowercaseBit != 0 } ?? false }

  func isOfType(_ name: StaticString) -> Bool {
    name.withUTF8Buffer { type.elementsEqual($0) }
  }
}
