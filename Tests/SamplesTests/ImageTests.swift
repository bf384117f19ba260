import Samples
import Testing

@Suite struct ImageTests {
  /// What Pillow 13.0.0's `Image.convert("L")` gives for these colours.
  @Test(
    arguments: [
      ([0, 0, 0], 0), ([255, 255, 255], 255), ([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29),
      ([238, 255, 251], 249), ([10, 200, 199], 143), ([1, 2, 3], 2), ([127, 128, 129], 128), ([200, 10, 77], 74),
      ([3, 0, 0], 1), ([254, 255, 255], 255),
    ] as [([UInt8], UInt8)])
  func grayIsPillows(color: [UInt8], gray: UInt8) {
    let image = Image(geometry: Geometry(width: 1, height: 1, format: .rgb), pixels: color)
    #expect(image.converted(to: .gray).pixels == [gray])
    #expect(luma(red: color[0], green: color[1], blue: color[2]) == gray)
  }

  @Test func rowsAndPixelsKeepTheirPlaces() {
    let pixels: [UInt8] = [0, 0, 0, 255, 255, 255, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    let image = Image(geometry: Geometry(width: 3, height: 2, format: .rgb), pixels: pixels)
    let gray = image.converted(to: .gray)
    #expect(gray.geometry == Geometry(width: 3, height: 2, format: .gray))
    #expect(gray.pixels == [0, 255, 1, 2, 3, 4])
    #expect(gray.converted(to: .rgb) == image)
    #expect(gray.converted(to: .gray) == gray)
  }

  @Test func sizesAreInBytes() {
    #expect(Geometry(width: 160, height: 60, format: .gray).byteCount == 9600)
    #expect(Geometry(width: 160, height: 60, format: .rgb).byteCount == 28_800)
    #expect(Image(geometry: Geometry(width: 2, height: 1, format: .gray), filledWith: 7).pixels == [7, 7])
  }
}
