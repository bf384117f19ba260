import Images
import Samples
import Testing

/// EXIF blocks, damaged ones too, in a JPEG file.
@Suite struct OrientationTests {
  private let jpeg: [UInt8]
  private let notTurned: Image

  init() throws {
    jpeg = try Fixture.bytes("jpeg-rgb.jpg")
    notTurned = try ImageFile.decode(jpeg, path: "").image
  }

  @Test(arguments: [[6, 0], [6, 0, 0, 0]] as [[UInt8]])
  func turns(value: [UInt8]) throws {
    let type: UInt8 = value.count == 2 ? 3 : 4
    let entry: [UInt8] = [0x12, 0x01, type, 0, 1, 0, 0, 0] + value + [UInt8](repeating: 0, count: 4 - value.count)
    let loaded = try decode(exif: header + [1, 0] + entry)
    #expect(loaded.remarks == [.turned])
    #expect(loaded.image.geometry.width == notTurned.geometry.height)
    // Other tags come before, and other segments.
    let other: [UInt8] = [0x0F, 0x01, 2, 0, 1, 0, 0, 0, 0x41, 0, 0, 0]
    #expect(try decode(exif: header + [2, 0] + other + entry) == loaded)
  }

  /// What cannot be read as an orientation turns nothing.
  @Test func damaged() throws {
    let entry: [UInt8] = [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]
    let whole = header + [1, 0] + entry
    for count in 0..<whole.count - 2 {
      #expect(try decode(exif: Array(whole.prefix(count))) == LoadedImage(image: notTurned), "\(count) bytes")
    }
    for (offset, value): (Int, UInt8) in [(0, 0x4D), (4, 0xFF), (7, 0xFF), (10, 0x11), (12, 2), (18, 9), (18, 0)] {
      var changed = whole
      changed[offset] = value
      #expect(try decode(exif: changed) == LoadedImage(image: notTurned), "byte \(offset)")
    }
  }

  /// A TIFF header whose first directory follows.
  private let header = Array("II*\0".utf8) + [8, 0, 0, 0]

  private func decode(exif: [UInt8]) throws -> LoadedImage {
    let content = Array("Exif\0\0".utf8) + exif
    let segment: [UInt8] = [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content
    return try ImageFile.decode(Array(jpeg.prefix(2)) + segment + jpeg.dropFirst(2), path: "")
  }
}
