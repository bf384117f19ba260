import Files
import Foundation
import Images
import Samples
import Testing

@Suite struct PNGWriterTests {
  @Test(arguments: [PixelFormat.gray, .rgb], [(1, 1), (160, 60), (3, 1000)])
  func comesBackAsItWas(format: PixelFormat, size: (width: Int, height: Int)) throws {
    let geometry = Geometry(width: size.width, height: size.height, format: format)
    let noise = try PNGWriterTests.noise(byteCount: geometry.byteCount)
    for pixels in [noise, [UInt8](repeating: 7, count: geometry.byteCount)] {
      let image = Image(geometry: geometry, pixels: pixels)
      #expect(try ImageFile.decode(PNGWriter.encode(image), path: "").image == image)
    }
  }

  @Test func writesAFile() throws {
    let path = NSTemporaryDirectory() + "glyphline-\(UUID().uuidString).png"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let image = Image(geometry: Geometry(width: 40, height: 60, format: .gray), filledWith: 200)
    try PNGWriter.write(image, to: path)
    #expect(try ImageFile.read(FilePath(path)).image == image)
  }

  @Test func saysWhereItCannotWrite() {
    let image = Image(geometry: Geometry(width: 4, height: 6, format: .gray), filledWith: 200)
    let error = #expect(throws: ImageError.self) { try PNGWriter.write(image, to: "/nonexistent/folder/x.png") }
    #expect(error?.description.contains("/nonexistent/folder/x.png") == true)
  }

  /// Bytes that do not compress.
  private static func noise(byteCount: Int) throws -> [UInt8] {
    var stream = RandomStream(seed: 1, stream: 0)
    return (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
  }
}
