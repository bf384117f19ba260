import Files
import Foundation
import Samples
import Shards

/// Shards of small samples in a folder that is gone when the example is.
final class DatasetExample: Sendable {
  static let geometry = Geometry(width: 6, height: 4, format: .gray)
  let folder: String
  let paths: [String]

  /// - Parameter recordCounts: Records of each shard; a block has 8.
  init(recordCounts: [Int]) throws {
    folder = NSTemporaryDirectory() + "/loader-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var paths: [String] = []
    var firstIndex = 0
    for (number, recordCount) in recordCounts.enumerated() {
      let path = folder + "/train-\(number).shard.zst"
      try Self.writeShard(path, firstIndex: firstIndex, recordCount: recordCount)
      paths.append(path)
      firstIndex += recordCount
    }
    self.paths = paths
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  static func writeShard(
    _ path: String, firstIndex: Int, recordCount: Int, split: Split = .train, geometry: Geometry = geometry,
    labelCapacity: Int = 3, charsets: [String] = ["01234567"]
  ) throws {
    let header = try ShardHeader(
      generatorVersion: 1, specHash: ContentHash(of: "example"), split: split, firstIndex: UInt64(firstIndex),
      recordCount: recordCount, blockRecordCount: 8, geometry: geometry, labelCapacity: labelCapacity,
      charsets: try charsets.map { try Alphabet($0) }, compressionLevel: 1)
    var writer = try ShardWriter(path, header: header)
    var encoder = ShardBlockEncoder()
    for number in 0..<header.blockCount {
      let first = firstIndex + number * header.blockRecordCount
      try writer.append(
        encoder.encode(block: number, of: header) { record in
          sample(first + record, geometry: geometry, charsetCount: charsets.count)
        })
    }
    _ = try writer.finish()
  }

  static func sample(_ index: Int, geometry: Geometry = geometry, charsetCount: Int = 1) -> Sample {
    let pixels = (0..<geometry.byteCount).map { UInt8(truncatingIfNeeded: index &* 31 &+ $0) }
    let classes = (0..<index % 4).map { UInt16((index + $0) % 8) }
    return Sample(
      index: UInt64(index), seed: UInt64(index), charset: index % charsetCount, label: Label(classes: classes),
      image: Image(geometry: geometry, pixels: pixels))
  }
}
