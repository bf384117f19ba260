import Files
import Foundation
import Loader
import Samples
import Shards
import Testing

@Suite struct BatchLoaderTests {
  /// 2,013 samples in 252 blocks, so eight windows, in three shards given out of order.
  private let example: DatasetExample
  private let dataset: Dataset

  init() throws {
    example = try DatasetExample(recordCounts: [1000, 13, 1000])
    dataset = try Dataset(paths: [example.paths[2], example.paths[0], example.paths[1]])
  }

  private static let shuffled = BatchLoader.Order.shuffled(.init(seed: 11, epoch: 0))

  /// All batches from `startBatch` on; each sample is compared with the one that was written.
  private func batches(
    _ dataset: Dataset, order: BatchLoader.Order, batchSize: Int, startBatch: Int = 0, threadCount: Int = 2
  ) throws -> [[UInt64]] {
    let loader = try BatchLoader(
      dataset, order: order, batchSize: batchSize, startBatch: startBatch, threadCount: threadCount)
    var result: [[UInt64]] = []
    while let batch = try loader.next() {
      #expect(batch.number == startBatch + result.count)
      for row in 0..<batch.count { check(batch, row) }
      result.append(batch.indices)
    }
    #expect(startBatch + result.count == loader.batchesPerEpoch)
    #expect(try loader.next() == nil)
    return result
  }

  private func check(_ batch: Batch, _ row: Int) {
    let sample = DatasetExample.sample(Int(batch.indices[row]))
    let byteCount = batch.geometry.byteCount
    #expect(Array(batch.images[row * byteCount..<(row + 1) * byteCount]) == sample.image.pixels)
    let padding = [UInt16](repeating: RecordLayout.noClass, count: 3 - sample.label.count)
    #expect(Array(batch.labels[row * 3..<(row + 1) * 3]) == sample.label.classes + padding)
  }

  @Test func sequentialOrderIsByIndexAndKeepsTheRest() throws {
    let batches = try batches(dataset, order: .sequential, batchSize: 100)
    #expect(batches.flatMap { $0 } == Array(0..<2013))
    #expect(batches.map(\.count) == [Int](repeating: 100, count: 20) + [13])
  }

  @Test func shuffledEpochHasFullBatchesOfDistinctSamples() throws {
    let batches = try batches(dataset, order: Self.shuffled, batchSize: 100)
    #expect(batches.map(\.count) == [Int](repeating: 100, count: 20))
    #expect(Set(batches.flatMap { $0 }).count == 2000)
    let next = try self.batches(dataset, order: .shuffled(.init(seed: 11, epoch: 1)), batchSize: 100)
    #expect(Set(next.flatMap { $0 }) != Set(batches.flatMap { $0 }), "the same samples are left out in each epoch")
  }

  @Test(arguments: [1, 7, 100, 300, 2013])
  func batchesDoNotDependOnThreads(batchSize: Int) throws {
    let one = try batches(dataset, order: Self.shuffled, batchSize: batchSize, threadCount: 1)
    #expect(try batches(dataset, order: Self.shuffled, batchSize: batchSize, threadCount: 5) == one)
    // The order of samples does not depend on how they are cut into batches either.
    let samples = try batches(dataset, order: Self.shuffled, batchSize: 1, threadCount: 2).flatMap { $0 }
    #expect(one.flatMap { $0 } == Array(samples.prefix(2013 / batchSize * batchSize)))
  }

  @Test(arguments: [Self.shuffled, .sequential])
  func resumedEpochGoesOnExactly(order: BatchLoader.Order) throws {
    let whole = try batches(dataset, order: order, batchSize: 60)
    for startBatch in 0...whole.count {
      #expect(try batches(dataset, order: order, batchSize: 60, startBatch: startBatch) == Array(whole[startBatch...]))
    }
  }

  @Test(arguments: [-1, 21, Int.max])
  func positionOfAnotherDatasetIsRefused(startBatch: Int) throws {
    #expect(throws: LoaderError.noSuchBatch(number: startBatch, batchesPerEpoch: 20)) {
      try BatchLoader(dataset, order: Self.shuffled, batchSize: 100, startBatch: startBatch, threadCount: 1)
    }
  }

  @Test func corruptBlockStopsWithItsPlace() throws {
    let reader = try ShardReader(example.paths[2])
    let offset = reader.seekTable.offsets[5]
    var bytes = try ReadableFile.contents(of: reader.path)
    bytes[reader.seekTable.offsets[6] - 1] ^= 0x20
    try Data(bytes).write(to: URL(fileURLWithPath: reader.path))
    let loader = try BatchLoader(dataset, order: .sequential, batchSize: 8, threadCount: 2)
    var count = 0
    let error = #expect(throws: ShardError.self) { while try loader.next() != nil { count += 1 } }
    #expect(error == .damaged(path: reader.path, frame: 5, byteOffset: offset, .wrongChecksum))
    // Windows have 32 blocks of 8 samples; the damaged block is number 131 of the dataset, in window 4.
    #expect(count == 4 * 32 - 1)
    #expect(try loader.next() == nil)
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
    try DatasetExample.writeShard(other, firstIndex: 20, recordCount: 1, charsets: ["01234567", "89"])
    #expect(throws: LoaderError.severalCharsets(path: other)) { try Dataset(paths: [other]) }
    #expect(throws: LoaderError.noShards) { try Dataset(paths: []) }
    try FileManager.default.removeItem(atPath: other)
    expectRefusal(.shard(.file(FileError(.open, path: other, code: ENOENT))))
  }
}
