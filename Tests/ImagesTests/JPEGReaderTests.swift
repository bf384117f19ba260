import Images
import Samples
import Testing

@Suite struct JPEGReaderTests {
  @Test(arguments: ["jpeg-rgb", "jpeg-rgb-progressive", "jpeg-gray"])
  func sameAsPillow(name: String) throws {
    let image = try Fixture.image(name + ".jpg")
    let decoded = try Fixture.image(name + "-decoded.png")
    #expect(image.geometry == decoded.geometry)
    // Versions of libjpeg-turbo round differently when they put colours together.
    #expect(largestDifference(image, decoded) <= 2)
  }

  @Test func cutAnywhere() throws {
    let bytes = try Fixture.bytes("jpeg-rgb.jpg")
    // Without its end marker, the file is whole but for a warning.
    for count in 0..<bytes.count - 2 {
      #expect(throws: ImageError.self, "\(count) bytes") {
        try ImageFile.decode(Array(bytes.prefix(count)), path: "cut.jpg")
      }
    }
  }

  /// Nothing guards a JPEG file's content by a checksum: any flip may change the picture, and none may do worse.
  @Test(arguments: ["jpeg-rgb.jpg", "jpeg-rgb-progressive.jpg", "jpeg-gray.jpg", "jpeg-cmyk.jpg"])
  func everyByteChanged(name: String) throws {
    let bytes = try Fixture.bytes(name)
    for place in bytes.indices {
      for mask: UInt8 in [0x01, 0x80, 0xFF] {
        var changed = bytes
        changed[place] ^= mask
        let image = (try? ImageFile.decode(changed, path: ""))?.image
        #expect(image.map { $0.pixels.count == $0.geometry.byteCount } ?? true)
      }
    }
  }

  @Test func tooManyPixels() throws {
    var bytes = try Fixture.bytes("jpeg-rgb.jpg")
    let frame = try #require(bytes.firstRange(of: [0xFF, 0xC0])).lowerBound
    // Height and width, behind the marker, the length and the precision.
    for place in [5, 7] { bytes.replaceSubrange(frame + place..<frame + place + 2, with: [0xC3, 0x50]) }
    #expect(throws: ImageError.tooLarge(path: "huge.jpg", width: 50_000, height: 50_000)) {
      try ImageFile.decode(bytes, path: "huge.jpg")
    }
  }
}
