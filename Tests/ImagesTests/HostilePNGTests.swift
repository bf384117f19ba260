import Files
import Foundation
import Images
import Samples
import Testing

/// Files that are not what they should be end in an error that says so.
@Suite struct HostilePNGTests {
  private let image: Image
  private let bytes: [UInt8]

  init() throws {
    let geometry = Geometry(width: 9, height: 5, format: .rgb)
    image = Image(geometry: geometry, pixels: (0..<geometry.byteCount).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) })
    bytes = PNGBytes.inserting(PNGBytes.chunk("gAMA", PNGBytes.bigEndian(100_000)), into: try PNGWriter.encode(image))
  }

  @Test func noPNG() {
    for content in [[], [0x89], Array("GIF89a, as it happens".utf8), [UInt8](repeating: 0, count: 5000)] {
      #expect(throws: ImageError.self) { try ImageFile.decode(content, path: "x.png") }
    }
  }

  @Test func cutAnywhere() {
    for count in 0..<bytes.count {
      // All pixels are there before the last chunk, which only says that this is the end.
      if let whole = try? ImageFile.decode(Array(bytes.prefix(count)), path: "") {
        #expect(whole.image == image && count > bytes.count - 20)
      }
    }
    let error = #expect(throws: ImageError.self) {
      try ImageFile.decode(Array(bytes.prefix(bytes.count / 2)), path: "cut.png")
    }
    #expect(error?.description.hasPrefix("cut.png is a damaged PNG file: ") == true)
  }

  /// Whatever bit is flipped, the result is an error or the right image, but for the few bits that no checksum guards.
  @Test func everyBitFlipped() {
    var wrongCount = 0
    for place in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[place] ^= 1 << bit
        if let other = try? ImageFile.decode(changed, path: ""), other.image != image { wrongCount += 1 }
      }
    }
    #expect(wrongCount == 0)
  }

  @Test func noImage() {
    #expect(throws: ImageError.empty(path: "x")) { try ImageFile.decode([], path: "x") }
    for content in ["no picture", "BM, as it happens", "RIFF....WAVE", "<!DOCTYPE html><svg>"] {
      #expect(throws: ImageError.unknownFormat(path: "x")) { try ImageFile.decode(Array(content.utf8), path: "x") }
    }
  }

  @Test func badChecksum() throws {
    var changed = bytes
    let header = try #require(bytes.firstRange(of: Array("IHDR".utf8)))
    changed[header.upperBound + 13] ^= 1
    let error = #expect(throws: ImageError.self) { try ImageFile.decode(changed, path: "sum.png") }
    #expect(error?.description.contains("CRC") == true, "\(String(describing: error))")
  }

  /// Chunks that say they have more content than the file has.
  @Test(arguments: ["gAMA", "tRNS", "acTL", "ABCD"], [0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 65_536, 500])
  func chunkBeyondTheEnd(type: String, byteCount: Int) throws {
    let header = PNGBytes.bigEndian(UInt32(byteCount)) + Array(type.utf8)
    for count in 0..<16 {
      let changed = PNGBytes.inserting(header + [UInt8](repeating: 0, count: count), into: bytes)
      #expect(throws: ImageError.self) { try ImageFile.decode(changed, path: "") }
      // The same chunk as the last bytes of the file.
      let cut = Array(changed.prefix(PNGBytes.headerEnd + header.count + count))
      #expect(throws: ImageError.self) { try ImageFile.decode(cut, path: "") }
    }
  }

  /// Files that are nothing but chunks without content, cut anywhere.
  @Test func chunksOnly() {
    for type in ["gAMA", "tRNS", "acTL", "ABCD", "\0\0\0\0"] {
      let cut = PNGBytes.signature + PNGBytes.chunk(type, []) + PNGBytes.chunk(type, [])
      for count in PNGBytes.signature.count...cut.count {
        #expect(throws: ImageError.self) { try ImageFile.decode(Array(cut.prefix(count)), path: "") }
      }
    }
  }

  @Test func tooManyPixels() throws {
    let huge = header(width: 20_000, height: 20_000)
    #expect(throws: ImageError.tooLarge(path: "big.png", width: 20_000, height: 20_000)) {
      try ImageFile.decode(huge, path: "big.png")
    }
    // Beyond what libpng itself takes, its own words are given.
    for (width, height) in [(UInt32.max, UInt32.max), (1 << 31 - 1, 1), (0, 5), (5, 0)] {
      #expect(throws: ImageError.self) { try ImageFile.decode(header(width: width, height: height), path: "odd.png") }
    }
  }

  @Test func noFile() {
    #expect(throws: ImageError.self) { try ImageFile.read("/nonexistent/x.png") }
    #expect(throws: ImageError.self) { try ImageFile.read(FilePath(NSTemporaryDirectory())) }
  }

  /// A file that says this size, and has one row's worth of nothing for pixels.
  private func header(width: UInt32, height: UInt32) -> [UInt8] {
    let size = PNGBytes.bigEndian(width) + PNGBytes.bigEndian(height)
    return PNGBytes.signature + PNGBytes.chunk("IHDR", size + [8, 0, 0, 0, 0])
      + PNGBytes.chunk("IDAT", [0x78, 0x9C, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01])
  }
}
