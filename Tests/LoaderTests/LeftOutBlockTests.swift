import Files
import Foundation
import Loader
import Samples
import Shards
import Testing

/// What happens to the batches where a block is damaged.
@Suite struct LeftOutBlockTests {
  private static let damagedBlock = 4
  /// 1,000 samples in blocks of 8, of which block 4 is damaged: samples 32 to 39.
  private let example: DatasetExample
  private let dataset: Dataset
  private let place: ShardError
  private let intactOrder: [UInt64]

  init() throws {
    example = try DatasetExample(recordCounts: [1000])
    dataset = try Dataset(paths: example.paths)
    intactOrder = try Self.batches(dataset, order: .shuffled(seed: 5), batchSize: 50, count: 40).flatMap { $0 }
    let reader = try ShardReader(example.paths[0])
    let frame = Self.damagedBlock + 1
    var bytes = try ReadableFile.contents(of: reader.path)
    bytes[reader.seekTable.offsets[frame + 1] - 1] ^= 0x20
    try Data(bytes).write(to: URL(fileURLWithPath: reader.path))
    place = .damaged(
      path: reader.path, frame: frame, byteOffset: reader.seekTable.offsets[frame], .wrongChecksum)
  }

  private static func batches(
    _ dataset: Dataset, order: BatchLoader.Order, batchSize: Int, startBatch: Int = 0, count: Int = .max,
    leaveOut: ((LeftOutBlock) throws -> Void)? = nil
  ) throws -> [[UInt64]] {
    let loader = try BatchLoader(
      dataset, order: order, batchSize: batchSize, startBatch: startBatch, threadCount: 2, leaveOut: leaveOut)
    var batches: [[UInt64]] = []
    while batches.count < count, let batch = try loader.next() { batches.append(batch.indices) }
    return batches
  }

  private static func isDamaged(_ index: UInt64) -> Bool { index / 8 == damagedBlock }

  @Test func stopsWithThePlaceUnlessToldToGoOn() throws {
    let loader = try BatchLoader(dataset, order: .sequential, batchSize: 8, threadCount: 2)
    var count = 0
    let error = #expect(throws: ShardError.self) { while try loader.next() != nil { count += 1 } }
    #expect(error == place)
    // Blocks 3 and 4 are one window; what is before it is handed out.
    #expect(count == Self.damagedBlock - 1)
    #expect(try loader.next() == nil)
  }

  @Test func isLeftOutOfTheStoredOrder() throws {
    var leftOut: [LeftOutBlock] = []
    let batches = try Self.batches(dataset, order: .sequential, batchSize: 10) { leftOut.append($0) }
    #expect(batches.flatMap { $0 } == (0..<1000).filter { !Self.isDamaged($0) })
    // Samples 30 and 31 are all that is left of a batch.
    #expect(batches.map(\.count) == [10, 10, 10, 2] + Array(repeating: 10, count: 96))
    #expect(leftOut.map(\.number) == [Self.damagedBlock])
    #expect(leftOut.first?.path == example.paths[0] && leftOut.first?.error == place)
    // A batch of which nothing is left is left out too.
    let whole = try Self.batches(dataset, order: .sequential, batchSize: 8) { _ in }
    #expect(whole.count == 124 && whole.allSatisfy { $0.count == 8 })
  }

  @Test func isReplacedInShuffledBatchesAndTheRestKeepsItsPlace() throws {
    var leftOut: [Int] = []
    let batches = try Self.batches(dataset, order: .shuffled(seed: 5), batchSize: 50, count: 40) {
      leftOut.append($0.number)
    }
    #expect(leftOut == [Self.damagedBlock, Self.damagedBlock], "once in each epoch")
    for (position, (index, intact)) in zip(batches.flatMap { $0 }, intactOrder).enumerated() {
      if Self.isDamaged(intact) {
        #expect(batches[position / 50].contains(index) && !Self.isDamaged(index))
      } else {
        #expect(index == intact)
      }
    }
    // Going on is exact, although the block was found before.
    for startBatch in [1, 19, 20, 33] {
      let rest = try Self.batches(
        dataset, order: .shuffled(seed: 5), batchSize: 50, startBatch: startBatch, count: 40 - startBatch
      ) { _ in }
      #expect(rest == Array(batches[startBatch...]))
    }
  }

  @Test func aBatchOfWhichNothingIsLeftStops() throws {
    let example = try DatasetExample(recordCounts: [8])
    let dataset = try Dataset(paths: example.paths)
    let reader = try ShardReader(example.paths[0])
    var bytes = try ReadableFile.contents(of: reader.path)
    bytes[reader.seekTable.offsets[2] - 1] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: reader.path))
    let loader = try BatchLoader(
      dataset, order: .shuffled(seed: 5), batchSize: 2, startBatch: 1, threadCount: 1, leaveOut: { _ in })
    #expect(throws: LoaderError.nothingLeft(batch: 1)) { try loader.next() }
    #expect(try loader.next() == nil)
  }

  @Test func whatCannotBeReadAtAllStops() throws {
    try FileManager.default.removeItem(atPath: example.paths[0])
    #expect(throws: ShardError.file(FileError(.open, path: example.paths[0], code: ENOENT))) {
      try Self.batches(dataset, order: .sequential, batchSize: 8) { _ in }
    }
  }
}
