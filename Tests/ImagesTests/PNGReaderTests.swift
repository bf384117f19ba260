import Images
import Samples
import Testing

@Suite struct PNGReaderTests {
  @Test(arguments: [1, 2, 4, 8, 16])
  func gray(depth: Int) throws {
    let image = try fixture("gray\(depth)")
    #expect(image == expectedGray { tone in stretched(tone, depth: min(depth, 8)) })
  }

  @Test func interlacedGray() throws {
    #expect(try fixture("gray8-interlaced") == fixture("gray8"))
    #expect(try fixture("gray2-interlaced") == fixture("gray2"))
    #expect(try fixture("gray16-interlaced") == fixture("gray16"))
  }

  @Test(arguments: ["rgb8", "rgb16", "rgb8-interlaced", "rgb16-interlaced"])
  func rgb(name: String) throws {
    #expect(try fixture(name) == expectedRGB { x, y in color(x, y) })
  }

  @Test(arguments: [1, 4, 8])
  func palette(depth: Int) throws {
    #expect(try fixture("palette\(depth)") == expectedRGB { x, y in entry(stretched(tone(x, y), depth: depth)) })
  }

  @Test func transparencyIsLaidOverWhite() throws {
    let gray = expectedGray { $0 }
    #expect(try fixture("gray-alpha8") == mapped(gray) { x, _, value in overWhite(value, alpha: alpha(x)) })
    #expect(try fixture("gray-alpha16") == fixture("gray-alpha8"))
    #expect(try fixture("gray-alpha16-interlaced") == fixture("gray-alpha8"))
    let rgb = expectedRGB { x, y in color(x, y) }
    #expect(try fixture("rgb-alpha8") == mapped(rgb) { x, _, value in overWhite(value, alpha: alpha(x)) })
    #expect(try fixture("rgb-alpha8-interlaced") == fixture("rgb-alpha8"))
    #expect(try fixture("rgb-alpha16") == fixture("rgb-alpha8"))
    let palette = expectedRGB { x, y in entry(stretched(tone(x, y), depth: 4)) }
    #expect(
      try fixture("palette4-transparent")
        == mapped(palette) { x, y, value in overWhite(value, alpha: (tone(x, y) >> 4) * 17) })
  }

  /// Pillow and OpenCV read samples as they are stored.
  @Test(
    arguments: [
      "gray2", "gray8", "gray16", "gray16-interlaced", "rgb8", "rgb16", "rgb8-interlaced", "palette4",
      "palette4-transparent", "gray-alpha8", "gray-alpha16", "rgb-alpha8", "rgb-alpha16",
    ],
    [
      PNGBytes.chunk("gAMA", PNGBytes.bigEndian(100_000)),
      PNGBytes.chunk("gAMA", PNGBytes.bigEndian(20_000)),
      // BT.709 primaries and linear light (H.273).
      PNGBytes.chunk("cICP", [1, 8, 0, 1]),
    ])
  func colourSpaceChangesNoSample(name: String, chunk: [UInt8]) throws {
    let bytes = PNGBytes.inserting(chunk, into: try Fixture.bytes(name + ".png"))
    #expect(try ImageFile.decode(bytes, path: "").image == fixture(name))
  }

  // MARK: What the script that made the files says

  private let width = 13
  private let height = 9
  private func tone(_ x: Int, _ y: Int) -> Int { (x * 20 + y * 3) & 255 }
  private func color(_ x: Int, _ y: Int) -> [Int] { [tone(x, y), 255 - tone(x, y), y * 28] }
  private func alpha(_ x: Int) -> Int { (x * 21) & 255 }
  private func entry(_ tone: Int) -> [Int] { [tone, 255 - tone, tone / 2] }

  /// The 8-bit value of the highest `depth` bits.
  private func stretched(_ tone: Int, depth: Int) -> Int { (tone >> (8 - depth)) * 255 / (1 << depth - 1) }
  private func overWhite(_ value: Int, alpha: Int) -> Int { (value * alpha + 255 * (255 - alpha) + 127) / 255 }

  private func expectedGray(_ value: (Int) -> Int) -> Image {
    let pixels = (0..<height).flatMap { y in (0..<width).map { x in UInt8(value(tone(x, y))) } }
    return Image(geometry: Geometry(width: width, height: height, format: .gray), pixels: pixels)
  }

  private func expectedRGB(_ value: (Int, Int) -> [Int]) -> Image {
    let pixels = (0..<height).flatMap { y in (0..<width).flatMap { x in value(x, y).map { UInt8($0) } } }
    return Image(geometry: Geometry(width: width, height: height, format: .rgb), pixels: pixels)
  }

  private func mapped(_ image: Image, _ change: (Int, Int, Int) -> Int) -> Image {
    let channelCount = image.geometry.format.rawValue
    let pixels = image.pixels.enumerated().map { place, value in
      UInt8(change(place / channelCount % width, place / channelCount / width, Int(value)))
    }
    return Image(geometry: image.geometry, pixels: pixels)
  }

  private func fixture(_ name: String) throws -> Image {
    try Fixture.image(name + ".png")
  }
}
