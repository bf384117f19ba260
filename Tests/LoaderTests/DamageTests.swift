import Files
import Foundation
import Loader
import Samples
import Shards
import Testing

/// Whatever happens to a shard's bytes, the loader hands out what was written or nothing.
@Suite struct DamageTests {
  private static let recordCount = 20
  private let example: DatasetExample
  private let bytes: [UInt8]

  init() throws {
    example = try DatasetExample(recordCounts: [Self.recordCount])
    bytes = try ReadableFile.contents(of: example.paths[0])
  }

  /// How many samples came out, all of them right, and whether the loader ended with an error.
  private func load(_ bytes: [UInt8]) throws -> (sampleCount: Int, isRefused: Bool) {
    try Data(bytes).write(to: URL(filePath: example.paths[0]))
    var sampleCount = 0
    do {
      let dataset = try Dataset(paths: example.paths)
      let loader = try BatchLoader(dataset, order: .sequential, batchSize: 8, threadCount: 1)
      while let batch = try loader.next() {
        for row in 0..<batch.count where Self.isRight(batch, row) { sampleCount += 1 }
      }
    } catch is ShardError {
      return (sampleCount, true)
    } catch is LoaderError {
      return (sampleCount, true)
    }
    return (sampleCount, false)
  }

  private static func isRight(_ batch: Batch, _ row: Int) -> Bool {
    let sample = DatasetExample.sample(Int(batch.indices[row]))
    let byteCount = batch.geometry.byteCount
    // The class after the charset's eight is blank.
    let padding = [UInt16](repeating: 8, count: 3 - sample.label.count)
    let isRight =
      Array(batch.images[row * byteCount..<(row + 1) * byteCount]) == sample.image.pixels
      && Array(batch.labels[row * 3..<(row + 1) * 3]) == sample.label.classes + padding
    if !isRight { Issue.record("sample \(batch.indices[row])") }
    return isRight
  }

  @Test func everyFlippedBitIsRefusedOrHarmless() throws {
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << bit
        let outcome = try load(damaged)
        #expect(outcome.isRefused || outcome.sampleCount == Self.recordCount, "bit \(bit) of byte \(place)")
      }
    }
  }

  @Test func everyCutIsRefused() throws {
    for byteCount in bytes.indices {
      #expect(try load(Array(bytes[..<byteCount])).isRefused, "\(byteCount) bytes")
    }
  }
}
