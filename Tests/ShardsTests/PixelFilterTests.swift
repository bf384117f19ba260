import Files
import Foundation
import Samples
import Shards
import Testing

/// Records hold pixels as `Schemas/shard-v1.md`, "Pixels", says, in every size that the filter treats in its own way.
@Suite struct PixelFilterTests {
  @Test(arguments: [(160, 60), (40, 60), (32, 32), (33, 47), (64, 31), (31, 64), (1, 1), (1, 50), (70, 1)])
  func pixelsComeBackFromDifferences(width: Int, height: Int) throws {
    for format in [PixelFormat.gray, .rgb] {
      let geometry = Geometry(width: width, height: height, format: format)
      var random = RandomStream(seed: 5, stream: UInt64(width))
      let image = Image(geometry: geometry, pixels: (0..<geometry.byteCount).map { _ in UInt8(random.next() >> 24) })
      let (stored, read) = try storeAndRead(image)
      #expect(read == image, "\(width) x \(height), \(format)")
      #expect(stored == differences(of: image), "\(width) x \(height), \(format)")
    }
  }

  /// The format's own words, one pixel after the other.
  private func differences(of image: Image) -> [UInt8] {
    let (width, height, channels) = (image.geometry.width, image.geometry.height, image.geometry.format.rawValue)
    var before = [UInt8](repeating: 0, count: channels)
    var stored: [UInt8] = []
    for x in 0..<width {
      for y in 0..<height {
        for channel in 0..<channels {
          let value = image.pixels[(y * width + x) * channels + channel]
          stored.append(value &- before[channel])
          before[channel] = value
        }
      }
    }
    return stored
  }

  /// What a shard of one record holds in place of `image`, and the image that is read from it.
  private func storeAndRead(_ image: Image) throws -> (stored: [UInt8], image: Image) {
    let folder = try TemporaryFolder()
    let path = folder.file("one.shard.zst")
    let header = try ShardHeader(
      generatorVersion: 1, specHash: ContentHash(of: ""), split: .train, firstIndex: 0, recordCount: 1,
      blockRecordCount: 1, geometry: image.geometry, labelCapacity: 1, charsets: [try Alphabet("0")],
      compressionLevel: 1)
    let sample = Sample(index: 0, seed: 0, label: Label(classes: [0]), image: image)
    try write((header, [sample]), to: path)
    let record = try zstdContent(of: path)
    return (Array(record[header.recordLayout.pixelsOffset...]), try ShardReader(path).record(0).image)
  }

  /// Everything that `zstd -dc` makes of a file.
  private func zstdContent(of path: String) throws -> [UInt8] {
    let zstd = Process()
    zstd.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    zstd.arguments = ["zstd", "-dcq", path]
    let output = Pipe()
    zstd.standardOutput = output
    try zstd.run()
    let content = [UInt8](try output.fileHandleForReading.readToEnd() ?? Data())
    zstd.waitUntilExit()
    try #require(zstd.terminationStatus == 0)
    return content
  }
}
