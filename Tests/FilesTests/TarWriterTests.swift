import Files
import Foundation
import Testing

@Suite struct TarWriterTests {
  /// POSIX.1-2017, pax, "ustar Interchange Format": a head of 512 bytes, the content, zeros up to the next 512 bytes; two
  /// blocks of zeros at the end.
  @Test func bytesAreThoseOfTheStandard() throws {
    let directory = try TemporaryDirectory()
    var tar = try TarWriter(directory.path(of: "a"))
    try tar.append("one.txt", Array("content".utf8))
    try tar.append("two.txt", [])
    try tar.finish()
    let bytes = try directory.bytes(of: "a")
    #expect(bytes.count == 5 * 512)
    func text(at offset: Int) -> String {
      String(decoding: bytes[offset...].prefix { $0 != 0 && $0 != 32 }, as: UTF8.self)
    }
    let fields = [0, 100, 108, 116, 124, 136, 157, 257, 265, 297].map(text)
    #expect(fields == ["one.txt", "0000644", "0000000", "0000000", "00000000007", "00000000000", "", "ustar", "", ""])
    #expect(bytes[156] == UInt8(ascii: "0") && text(at: 512) == "content" && text(at: 1024) == "two.txt")
    #expect(bytes[519..<1024].allSatisfy { $0 == 0 } && bytes[1536...].allSatisfy { $0 == 0 })
  }

  @Test func aDroppedFileHasNoEnd() throws {
    let directory = try TemporaryDirectory()
    do {
      var tar = try TarWriter(directory.path(of: "a"))
      try tar.append("one.txt", [UInt8](repeating: 1, count: 100_000))
    }
    // A head of 512 bytes, and the content up to the next multiple of 512.
    #expect(try directory.bytes(of: "a").count == 512 + 196 * 512)
  }

  @Test func aFullDiskIsAnError() throws {
    #expect(throws: FileError(.write, path: "/dev/full", code: ENOSPC)) {
      var tar = try TarWriter("/dev/full")
      try tar.append("one.txt", [1])
      try tar.finish()
    }
    #expect(throws: FileError(.write, path: "/dev/full", code: ENOSPC)) {
      var tar = try TarWriter("/dev/full")
      try tar.append("one.txt", [UInt8](repeating: 1, count: 100_000))
    }
  }
}
