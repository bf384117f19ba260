import Files
import Testing

@Suite struct ChecksumTests {
  /// The check values of the catalogue of parametrised CRC algorithms (reveng.sourceforge.io), CRC-32/ISO-HDLC, and of
  /// Python's `zlib.crc32`.
  @Test(arguments: [("", "00000000"), ("123456789", "cbf43926"), ("ob", "000065e3")])
  func knownValues(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(Checksum { add in bytes.withUnsafeBytes(add) }.description == expected)
  }

  @Test func piecesAreAsOne() {
    let bytes = Array("123456789".utf8)
    let checksum = Checksum { add in
      for piece in [bytes[..<0], bytes[..<4], bytes[4..<4], bytes[4...]] { piece.withUnsafeBytes(add) }
      add(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    #expect(checksum.description == "cbf43926")
  }
}
