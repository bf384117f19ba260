import Loader
import Testing

@Suite struct EpochOrderTests {
  /// Ten windows of blocks of 16, with smaller ones where shards end.
  private let blockRecordCounts = (0..<320).map { $0 % 40 == 39 ? 5 : 16 as UInt32 }

  /// (block, index in the block) of every record, in the order of the epoch.
  private func sequence(_ order: EpochOrder) -> [(block: Int, record: Int)] {
    var sequence: [(block: Int, record: Int)?] = Array(repeating: nil, count: order.recordCount)
    for number in 0..<order.windowCount {
      let window = order.window(number)
      var index = 0
      for block in window.blocks {
        for record in 0..<Int(blockRecordCounts[block]) {
          sequence[window.positions.lowerBound + window.offsets[index]] = (block, record)
          index += 1
        }
      }
    }
    return sequence.compactMap { $0 }
  }

  private func order(epoch: Int?, seed: UInt64 = 3) -> EpochOrder {
    EpochOrder(
      blockRecordCounts: blockRecordCounts, windowBlockCountMax: 32,
      seed: epoch.map { _ in seed }, epoch: epoch ?? 0)
  }

  @Test(arguments: [nil, 0, 1, 4_000_000_000] as [Int?])
  func everyRecordOnce(epoch: Int?) {
    let order = order(epoch: epoch)
    let sequence = sequence(order)
    #expect(sequence.count == Int(blockRecordCounts.reduce(0, +)))
    #expect(Set(sequence.map { $0.block << 16 | $0.record }).count == sequence.count)
    for number in 0..<order.windowCount {
      let positions = order.window(number).positions
      #expect(order.window(containing: positions.lowerBound) == number)
      #expect(order.window(containing: positions.upperBound - 1) == number)
    }
  }

  @Test func unshuffledIsStoredOrder() {
    let keys = sequence(order(epoch: nil)).map { $0.block << 16 | $0.record }
    #expect(keys == keys.sorted())
  }

  @Test func epochsAndSeedsDifferAndRepeat() {
    let keys = { (order: EpochOrder) in sequence(order).map { $0.block << 16 | $0.record } }
    let first = keys(order(epoch: 0))
    #expect(first == keys(order(epoch: 0)))
    for other in [order(epoch: 1), order(epoch: 0, seed: 4)] {
      let equal = zip(first, keys(other)).count { $0 == $1 }
      // Two random orders of any number of records agree at one index on average.
      #expect(equal < 10)
    }
  }

  @Test func everyBlockIsInItsWindow() {
    for (blockCount, windowBlockCountMax) in [(1, 5), (5, 1), (64, 64), (65, 64), (200, 64)] {
      let order = EpochOrder(
        blockRecordCounts: Array(repeating: 2, count: blockCount), windowBlockCountMax: windowBlockCountMax,
        seed: nil)
      let windows = (0..<order.windowCount).map { order.blockIndices(ofWindow: $0) }
      #expect(windows.flatMap { $0 } == Array(0..<blockCount))
      #expect(windows.allSatisfy { $0.count <= windowBlockCountMax })
      #expect(windows.allSatisfy { order.windowBlockCountMin...order.windowBlockCountMin + 1 ~= $0.count })
      for (number, indices) in windows.enumerated() {
        for index in indices { #expect(order.window(ofBlockAt: index) == number) }
      }
    }
  }

  @Test func orderIsTheSameForEver() {
    // A resumed epoch must go on in the order in which it began, also after an update of program or compiler.
    let order = EpochOrder(
      blockRecordCounts: [2, 2, 2, 2, 1], windowBlockCountMax: 2, seed: 20_200_605, epoch: 2)
    let windows = (0..<order.windowCount).map { order.window($0) }
    #expect(windows.map(\.blocks) == [[3], [1, 4], [0, 2]])
    #expect(windows.map(\.offsets) == [[0, 1], [1, 0, 2], [2, 1, 0, 3]])
  }
}
