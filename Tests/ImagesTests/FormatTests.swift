import Foundation
import Images
import Samples
import Testing

/// Every kind of file that is read.
@Suite struct FormatTests {
  /// Files beside which what Pillow makes of them lies.
  static let names: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "\(Fixture.path("formats"))")) ?? []
    return all.filter { all.contains($0 + ".png") }.sorted()
  }()

  @Test func haveFixtures() { #expect(Self.names.count > 60) }

  @Test(arguments: names)
  func samePixelsAsPillow(name: String) throws {
    let image = try ImageFile.read(Fixture.path("formats/" + name)).image.converted(to: .rgb)
    let expected = try Fixture.image("formats/" + name + ".png").converted(to: .rgb)
    #expect(image.geometry == expected.geometry)
    // Versions of libjpeg-turbo and libwebp round differently when they put colours together.
    let isLossy = [".jpg", ".jfif", "lossy.webp"].contains { name.hasSuffix($0) }
    #expect(largestDifference(image, expected) <= (isLossy ? 2 : 1))
  }

  @Test(arguments: names)
  func saysWhatWasDone(name: String) throws {
    let remarks = try ImageFile.read(Fixture.path("formats/" + name)).remarks
    #expect(remarks.contains(.turned) == (name.hasPrefix("exif") && !name.hasPrefix("exif1")))
    #expect(remarks.contains(.onBlack) == name.contains("onblack"))
    #expect(remarks.contains(.firstFrame) == name.contains("animated"))
  }

  /// Colour is what a file says that it has, or what its pixels use of a palette.
  @Test(arguments: names)
  func grayOrColour(name: String) throws {
    let isGray = ["gray", "light-onblack.gif", "no-palette"].contains { name.contains($0) }
    #expect(try ImageFile.read(Fixture.path("formats/" + name)).image.geometry.format == (isGray ? .gray : .rgb))
  }

  @Test(arguments: names.filter { $0.hasSuffix(".gif") || $0.hasSuffix(".bmp") || $0.hasSuffix(".webp") })
  func cutAnywhere(name: String) throws {
    let bytes = try Fixture.bytes("formats/" + name)
    let whole = try ImageFile.decode(bytes, path: name).image
    for count in 0..<bytes.count {
      guard let part = try? ImageFile.decode(Array(bytes.prefix(count)), path: name) else { continue }
      #expect(part.image == whole, "\(count) bytes")
    }
  }

  /// Nothing guards these files' content by a checksum: any flip may change the picture, and none may do worse.
  @Test(arguments: names.filter { $0.hasSuffix(".gif") || $0.hasSuffix(".bmp") || $0.hasSuffix(".webp") })
  func everyByteChanged(name: String) throws {
    let bytes = try Fixture.bytes("formats/" + name)
    for offset in 0..<min(bytes.count, 1200) {
      var changed = bytes
      changed[offset] ^= 0x41
      let image = (try? ImageFile.decode(changed, path: ""))?.image
      #expect(image.map { $0.pixels.count == $0.geometry.byteCount } ?? true)
    }
  }

  /// Formats that are not read are named.
  @Test(arguments: [
    ("II*\0\u{8}\0\0\0", "a TIFF file"), ("MM\0*\0\0\0\u{8}", "a TIFF file"), ("%PDF-1.7", "a PDF file"),
    ("\0\0\0 ftypavif", "an AVIF file"), ("\0\0\0 ftypheic", "a HEIC file"), ("\0\0\u{1}\0\u{1}\0", "an icon file"),
    ("8BPS\0\u{1}", "a Photoshop file"), ("\0\0\0\u{C}jP  \r\n", "a JPEG 2000 file"),
    ("P6\n160 60\n255\n", "a PNM file"), ("\0\0\0\u{C}JXL \r\n", "a JPEG XL file"), ("<svg xmlns='", "an SVG file"),
    ("<?xml version='1.0'?>\n<svg xmlns='", "an SVG file"),
  ])
  func otherFormat(start: String, name: String) {
    #expect(throws: ImageError.unsupported(path: "x.png", kind: name)) {
      try ImageFile.decode(Array(start.utf8), path: "x.png")
    }
    #expect(ImageError.unsupported(path: "x.png", kind: name).description == "x.png is \(name); save it as PNG first")
  }

  @Test(arguments: [
    ("a BMP file with compression 2", 30, [2]), ("a BMP file with compression 4", 30, [4]),
    ("a BMP file with 2 bits a pixel", 28, [2]),
  ])
  func otherKindOfBMP(kind: String, offset: Int, change: [UInt8]) throws {
    var bytes = try Fixture.bytes("formats/8-40.bmp")
    bytes.replaceSubrange(offset..<offset + change.count, with: change)
    #expect(throws: ImageError.unsupported(path: "x", kind: kind)) { try ImageFile.decode(bytes, path: "x") }
  }

  /// Sizes are checked before pixels take memory.
  @Test func tooManyPixels() throws {
    let changes: [(name: String, offset: Int, bytes: [UInt8], width: Int, height: Int)] = [
      // The canvas; the frame has its place on it.
      ("plain.gif", 6, [0xFF, 0xFF, 0xFF, 0xFF], 65_535, 65_535),
      ("24.bmp", 18, [0, 0, 1, 0, 0, 0, 0xFF, 0xFF], 65_536, 65_536),
      // The canvas of 24 bits less one.
      ("alpha-lossy.webp", 24, [0xFF, 0xFF, 0, 0xFE, 0xFF, 0], 65_536, 65_535),
    ]
    for (name, offset, replacement, width, height) in changes {
      var bytes = try Fixture.bytes("formats/" + name)
      bytes.replaceSubrange(offset..<offset + replacement.count, with: replacement)
      #expect(throws: ImageError.self, "\(name)") { try ImageFile.decode(bytes, path: name) }
      if name.hasSuffix(".webp") { continue }
      #expect(throws: ImageError.tooLarge(path: name, width: width, height: height)) {
        try ImageFile.decode(bytes, path: name)
      }
    }
  }

  /// Width or height 0, of the canvas and of the frame.
  @Test func noPixels() throws {
    let plain = try Fixture.bytes("formats/plain.gif")
    let frame = 13 + 768 + 5
    for offset in [frame, frame + 2] {
      var bytes = plain
      bytes[offset] = 0
      #expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: "") }
    }
    #expect(throws: ImageError.self) { try ImageFile.decode(Array(plain.prefix(781)) + [0x3B], path: "") }
  }
}
