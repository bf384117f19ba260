import Files
import Foundation
import Samples
import Shards

/// Shards that several tests write and read.
enum ShardExamples {
  /// The one of `Schemas/shard-v1.md`, "The smallest legal file".
  static func smallest() throws -> (header: ShardHeader, records: [Sample]) {
    let geometry = Geometry(width: 1, height: 1, format: .gray)
    let header = try ShardHeader(
      generatorVersion: 1, specHash: ContentHash(bytes: [UInt8](repeating: 0x11, count: 32)), split: .train,
      firstIndex: 0, recordCount: 1, blockRecordCount: 1, geometry: geometry, labelCapacity: 1,
      charsets: [try Alphabet("0")], compressionLevel: 1)
    let sample = Sample(
      index: 0, seed: 0x0123_4567_89AB_CDEF, label: Label(classes: [0]),
      image: Image(geometry: geometry, pixels: [128]))
    return (header, [sample])
  }

  /// Eleven colour records in three blocks, labels of zero to three characters, two charsets, one of them with
  /// letters of several code points. The pixels repeat, so that the blocks are truly compressed.
  static func colorful(
    recordCount: Int = 11, blockRecordCount: Int = 4, compressionLevel: Int = 3
  ) throws -> (header: ShardHeader, records: [Sample]) {
    let geometry = Geometry(width: 7, height: 5, format: .rgb)
    let charsets = [try Alphabet("0123"), try Alphabet(["ä", "n\u{0303}\u{0323}", "🇩🇪", "🇩", "字"])]
    let header = try ShardHeader(
      generatorVersion: 7, specHash: ContentHash(of: "colorful"), split: .test, firstIndex: 1000,
      recordCount: recordCount, blockRecordCount: blockRecordCount, geometry: geometry, labelCapacity: 3,
      charsets: charsets, compressionLevel: compressionLevel)
    let records = (0..<recordCount).map { number in
      let pixels = (0..<geometry.byteCount).map { UInt8(truncatingIfNeeded: $0 % 13 &* (number + 3)) }
      let classes = (0..<number % 4).map { UInt16((number + $0) % 4) }
      return Sample(
        index: 1000 + UInt64(number), seed: UInt64(number % 32) << 58 | 5, charset: number % 2,
        label: Label(classes: classes),
        image: Image(geometry: geometry, pixels: pixels))
    }
    return (header, records)
  }
}

/// A folder for one test, gone when the test is.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/shards-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

@discardableResult
func write(
  _ example: (header: ShardHeader, records: [Sample]), to path: String,
  in fileSystem: any FileSystem = SystemFileSystem()
) throws -> ShardSummary {
  var writer = try ShardWriter(path, header: example.header, in: fileSystem)
  var encoder = ShardBlockEncoder()
  for number in 0..<example.header.blockCount {
    let first = number * example.header.blockRecordCount
    try writer.append(encoder.encode(block: number, of: example.header) { example.records[first + $0] })
  }
  return try writer.finish()
}

/// Replaces the file without syncing, for tests that write thousands.
func overwrite(_ path: String, with bytes: [UInt8]) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// All records of the shard, read in order.
func records(of path: String) throws -> [Sample] {
  let reader = try ShardReader(path)
  var block = ShardBlock()
  var records: [Sample] = []
  for number in 0..<reader.header.blockCount {
    try reader.read(block: number, into: &block)
    for record in 0..<block.recordCount {
      records.append(block.record(record))
    }
  }
  return records
}
