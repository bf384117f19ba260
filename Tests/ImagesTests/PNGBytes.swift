/// Makes PNG files byte by byte.
enum PNGBytes {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// Where the first chunk, `IHDR`, ends: the signature, then 12 bytes around 13 of content.
  static let headerEnd = signature.count + 12 + 13

  /// A chunk with the checksum that is due.
  static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let summed = Array(type.utf8) + content
    return bigEndian(UInt32(content.count)) + summed + bigEndian(crc32(summed))
  }

  /// `file` with more bytes behind its first chunk.
  static func inserting(_ bytes: [UInt8], into file: [UInt8]) -> [UInt8] {
    file[..<headerEnd] + bytes + file[headerEnd...]
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// The checksum of PNG (RFC 2083, annex 15).
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1) * 0xEDB8_8320 }
    }
    return ~sum
  }
}
