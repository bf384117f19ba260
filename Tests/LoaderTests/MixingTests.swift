import Loader
import Samples
import Testing

/// How well an epoch is mixed, beside a full random permutation of all records.
@Suite struct MixingTests {
  private static let blockCount = 2000
  private static let blockRecordCount = 64
  private static let recordCount = blockCount * blockRecordCount
  private static let labelCount = 36
  private static let batchSize = 128

  /// Numbers of the records in the order of an epoch, of blocks as large as those of 160x60 images.
  private static let order: [Int] = {
    let order = EpochOrder(
      blockRecordCounts: Array(repeating: UInt32(blockRecordCount), count: blockCount), windowBlockCountMax: 64,
      seed: 17)
    var records = [Int](repeating: -1, count: recordCount)
    for number in 0..<order.windowCount {
      let window = order.window(number)
      for (block, firstRecord) in zip(window.blocks, window.firstRecords) {
        for record in 0..<blockRecordCount {
          let position = window.positions.lowerBound + window.offsets[firstRecord + record]
          records[position] = block * blockRecordCount + record
        }
      }
    }
    return records
  }()

  private static let permutation: [Int] = {
    var random = RandomStream(seed: 17, stream: 0)
    var records = Array(0..<recordCount)
    for last in stride(from: recordCount - 1, to: 0, by: -1) { records.swapAt(last, random.next(below: last + 1)) }
    return records
  }()

  /// What a label would be if the records were stored sorted by their labels, the worst that can be stored.
  private static func label(_ record: Int) -> Int { record * labelCount / recordCount }

  /// The mean over all batches of how many different values their records have.
  private static func distinctInBatch(_ records: [Int], _ value: (Int) -> Int) -> Double {
    let counts = stride(from: 0, to: recordCount, by: batchSize).map {
      Set(records[$0..<$0 + batchSize].map(value)).count
    }
    return Double(counts.reduce(0, +)) / Double(counts.count)
  }

  /// How often a record has the label of the one before it, as a share of all.
  private static func repeatedLabels(_ records: [Int]) -> Double {
    let repeats = zip(records, records.dropFirst()).count { label($0) == label($1) }
    return Double(repeats) / Double(recordCount - 1)
  }

  private static func longestRun(_ records: [Int]) -> Int {
    var (longest, length) = (1, 1)
    for (previous, record) in zip(records, records.dropFirst()) {
      length = label(previous) == label(record) ? length + 1 : 1
      longest = max(longest, length)
    }
    return longest
  }

  /// Of records that are stored one after the other in a block, the mean distance in the order.
  private static func meanNeighbourDistance(_ records: [Int]) -> Double {
    var positions = [Int](repeating: 0, count: recordCount)
    for (position, record) in records.enumerated() { positions[record] = position }
    let neighbours = (1..<recordCount).filter { $0 % blockRecordCount != 0 }
    return Double(neighbours.reduce(0) { $0 + abs(positions[$1] - positions[$1 - 1]) }) / Double(neighbours.count)
  }

  @Test func labelsThatWereStoredSortedAreRandomAgain() {
    #expect(Self.order.sorted() == Array(0..<Self.recordCount))
    let (repeats, randomRepeats) = (Self.repeatedLabels(Self.order), Self.repeatedLabels(Self.permutation))
    #expect(abs(repeats / randomRepeats - 1) < 0.05, "\(repeats) beside \(randomRepeats)")
    let (run, randomRun) = (Self.longestRun(Self.order), Self.longestRun(Self.permutation))
    #expect(run <= randomRun + 1, "\(run) beside \(randomRun)")
    let labels = Self.distinctInBatch(Self.order, Self.label)
    let randomLabels = Self.distinctInBatch(Self.permutation, Self.label)
    #expect(labels > 0.85 * randomLabels, "\(labels) beside \(randomLabels)")
  }

  @Test func aBatchDrawsOnEveryBlockOfItsWindow() {
    let blocks = Self.distinctInBatch(Self.order) { $0 / Self.blockRecordCount }
    #expect(blocks > 62, "\(blocks)")
  }

  @Test func neighboursInABlockPartAsFarAsTheWindowLets() {
    // Two random positions of n are n / 3 apart on average.
    let distance = Self.meanNeighbourDistance(Self.order)
    let window = 64 * Self.blockRecordCount
    #expect(abs(distance / Double(window / 3) - 1) < 0.05, "\(distance)")
  }
}
