import Files
import Foundation
import Loader
import Samples
import Shards
import Testing

@Suite struct BatchLoaderTests {
  /// 2,013 samples in 252 blocks, so one window of the shuffled order, in three shards given out of order.
  private let example: DatasetExample
  private let dataset: Dataset

  init() throws {
    example = try DatasetExample(recordCounts: [1000, 13, 1000])
    dataset = try Dataset(paths: [example.paths[2], example.paths[0], example.paths[1]])
  }

  private static let shuffled = BatchLoader.Order.shuffled(seed: 11)

  /// Batches from `startBatch` on, `count` of them, or all; each sample is compared with the one that was written.
  private func batches(
    _ dataset: Dataset, order: BatchLoader.Order, batchSize: Int, startBatch: Int = 0, count: Int? = nil,
    threadCount: Int = 2
  ) throws -> [[UInt64]] {
    let loader = try BatchLoader(
      dataset, order: order, batchSize: batchSize, startBatch: startBatch, threadCount: threadCount)
    let wanted = count ?? loader.batchesPerEpoch - startBatch
    var result: [[UInt64]] = []
    while result.count < wanted, let batch = try loader.next() {
      for row in 0..<batch.count { check(batch, row) }
      result.append(batch.indices)
    }
    #expect(result.count == wanted)
    if order == .sequential && count == nil { #expect(try loader.next() == nil) }
    return result
  }

  private func check(_ batch: Batch, _ row: Int) {
    let sample = DatasetExample.sample(Int(batch.indices[row]))
    let byteCount = batch.geometry.byteCount
    #expect(Array(batch.images[row * byteCount..<(row + 1) * byteCount]) == sample.image.pixels)
    let padding = [UInt16](repeating: 8, count: 3 - sample.label.count)
    #expect(Array(batch.labels[row * 3..<(row + 1) * 3]) == sample.label.classes + padding)
  }

  @Test func sequentialOrderIsByIndexAndKeepsTheRest() throws {
    let batches = try batches(dataset, order: .sequential, batchSize: 100)
    #expect(batches.flatMap { $0 } == Array(0..<2013))
    #expect(batches.map(\.count) == [Int](repeating: 100, count: 20) + [13])
  }

  @Test func shuffledEpochHasFullBatchesOfDistinctSamples() throws {
    let batches = try batches(dataset, order: Self.shuffled, batchSize: 100, count: 40)
    #expect(batches.allSatisfy { $0.count == 100 })
    let epochs = [batches[..<20], batches[20...]].map { $0.flatMap { $0 } }
    #expect(epochs.allSatisfy { Set($0).count == 2000 })
    #expect(Set(epochs[0]) != Set(epochs[1]), "the same samples are left over in each epoch")
    // Two random orders of any number of samples agree at one index on average.
    #expect(zip(epochs[0], epochs[1]).count { $0 == $1 } < 10)
  }

  @Test(arguments: [1, 7, 100, 300, 2013])
  func batchesDoNotDependOnThreads(batchSize: Int) throws {
    let one = try batches(dataset, order: Self.shuffled, batchSize: batchSize, threadCount: 1)
    #expect(try batches(dataset, order: Self.shuffled, batchSize: batchSize, threadCount: 5) == one)
    // The order of samples does not depend on how they are cut into batches either.
    let samples = try batches(dataset, order: Self.shuffled, batchSize: 1, threadCount: 2).flatMap { $0 }
    #expect(one.flatMap { $0 } == Array(samples.prefix(2013 / batchSize * batchSize)))
  }

  /// Four windows an epoch, and batches smaller and larger than one: memory is used again while some of it is held.
  @Test(arguments: [50, 230])
  func severalWindowsAndEpochs(batchSize: Int) throws {
    let geometry = Geometry(width: 1000, height: 600, format: .gray)
    let path = example.folder + "/large.shard.zst"
    try DatasetExample.writeShard(path, firstIndex: 0, recordCount: 240, geometry: geometry)
    let loader = try BatchLoader(
      Dataset(paths: [path]), order: Self.shuffled, batchSize: batchSize, threadCount: 3)
    for _ in 0..<2 {
      var indices: [UInt64] = []
      for _ in 0..<loader.batchesPerEpoch {
        guard let batch = try loader.next() else { break }
        indices += batch.indices
        for row in 0..<batch.count {
          // The first pixel tells the sample modulo 256.
          #expect(batch.images[row * geometry.byteCount] == UInt8(truncatingIfNeeded: batch.indices[row] &* 31))
        }
      }
      #expect(indices.count == 240 / batchSize * batchSize && Set(indices).count == indices.count)
    }
  }

  @Test(arguments: [Self.shuffled, .sequential])
  func resumedOrderGoesOnExactly(order: BatchLoader.Order) throws {
    let count = order == .sequential ? 34 : 70
    let whole = try batches(dataset, order: order, batchSize: 60, count: count)
    for startBatch in 0..<count {
      let rest = try batches(dataset, order: order, batchSize: 60, startBatch: startBatch, count: count - startBatch)
      #expect(rest == Array(whole[startBatch...]))
    }
  }

  @Test func aKeptBatchStaysAsItIs() throws {
    let loader = try BatchLoader(dataset, order: Self.shuffled, batchSize: 100, threadCount: 2)
    var kept: [Batch] = []
    for _ in 0..<60 { kept += [try loader.next()].compactMap { $0 } }
    #expect(kept.count == 60)
    for batch in kept { for row in 0..<batch.count { check(batch, row) } }
  }

  @Test func fileThatVanishesStops() throws {
    try FileManager.default.removeItem(atPath: example.paths[1])
    #expect(throws: ShardError.file(FileError(.open, path: example.paths[1], code: ENOENT))) {
      try batches(dataset, order: Self.shuffled, batchSize: 64)
    }
  }

  @Test func tooFewSamplesForABatch() throws {
    let example = try DatasetExample(recordCounts: [13])
    let dataset = try Dataset(paths: example.paths)
    #expect(throws: LoaderError.tooFewSamples(sampleCount: 13, batchSize: 14)) {
      try BatchLoader(dataset, order: Self.shuffled, batchSize: 14, threadCount: 1)
    }
    #expect(try batches(dataset, order: .sequential, batchSize: 14) == [Array(0..<13)])
  }

  @Test func labelsOfSeveralCharsetsAreOfTheirUnion() throws {
    let example = try DatasetExample(recordCounts: [1])
    let path = example.folder + "/mixed.shard.zst"
    let charsets = ["76543210", "89012345"]
    try DatasetExample.writeShard(path, firstIndex: 0, recordCount: 40, charsets: charsets)
    let dataset = try Dataset(paths: [path])
    #expect(dataset.alphabet.text == "7654321089")
    let loader = try BatchLoader(dataset, order: .sequential, batchSize: 40, threadCount: 1)
    let batch = try #require(try loader.next())
    for row in 0..<40 {
      let sample = DatasetExample.sample(row, charsetCount: 2)
      let text = try Alphabet(charsets[sample.charset]).text(of: sample.label)
      let classes = batch.labels[row * 3..<(row + 1) * 3].map { Int($0) }
      #expect(classes.prefix(text.count).map { dataset.alphabet.characters[$0] } == Array(text))
      #expect(classes.dropFirst(text.count).allSatisfy { $0 == 10 })
    }
  }

  @Test func shardsOfDifferentDatasetsAreRefused() throws {
    let example = try DatasetExample(recordCounts: [20])
    let first = example.paths[0]
    let other = example.folder + "/other.shard.zst"
    func expectRefusal(_ error: LoaderError) {
      #expect(throws: error) { try Dataset(paths: [other, first]) }
    }
    try DatasetExample.writeShard(other, firstIndex: 20, recordCount: 1, split: .test)
    expectRefusal(.difference(.split, path: first, otherPath: other))
    let rgb = Geometry(width: 6, height: 4, format: .rgb)
    try DatasetExample.writeShard(other, firstIndex: 20, recordCount: 1, geometry: rgb)
    expectRefusal(.difference(.geometry, path: first, otherPath: other))
    try DatasetExample.writeShard(other, firstIndex: 20, recordCount: 1, labelCapacity: 4)
    expectRefusal(.difference(.labelCapacity, path: first, otherPath: other))
    try DatasetExample.writeShard(other, firstIndex: 20, recordCount: 1, charsets: ["012345678"])
    expectRefusal(.difference(.charset, path: first, otherPath: other))
    try DatasetExample.writeShard(other, firstIndex: 19, recordCount: 2)
    expectRefusal(.overlap(path: first, otherPath: other))
    #expect(throws: LoaderError.noShards) { try Dataset(paths: []) }
    try FileManager.default.removeItem(atPath: other)
    expectRefusal(.shard(.file(FileError(.open, path: other, code: ENOENT))))
  }
}
