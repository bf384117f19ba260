import Samples

/// The order in which an epoch visits the records of a dataset: a pure function of seed, epoch, block sizes and window.
///
/// All blocks are shuffled and divided into windows. The records of each block of a window are dealt out at random to
/// groups, at most one to each; there are as many groups as a block has records. Then each group is shuffled. So a block is
/// read once an epoch, one or two windows are in memory, and a batch has records of every block of its window. A
/// record's position is its index in this order. Any window can be computed without those before it.
package struct EpochOrder: Sendable {
  /// A part of the order whose blocks are in memory together.
  package struct Window: Sendable {
    package let positions: Range<Int>
    /// Indices of the blocks in the dataset, in the order in which they are read.
    package let blocks: [Int]
    /// Index in `offsets` of each block's first record, then the number of all records.
    package let firstRecords: [Int]
    /// Position of each record, relative to the window's first; listed block by block, record by record.
    package let offsets: [Int]
  }

  private let seed: UInt64?
  private let epoch: UInt32
  private let blockRecordCounts: [UInt32]
  /// Indices of the blocks in the dataset, in the order in which they are visited.
  private let blocks: [UInt32]
  /// Index in `blocks` of each window's first block; at the end the number of all blocks.
  private let firstBlocks: [Int]
  /// Position of each window's first record; at the end the number of all records.
  private let firstPositions: [Int]

  /// - Parameters:
  ///   - blockRecordCounts: Number of records of each block of the dataset, which has at least one block.
  ///   - windowBlockCountMax: The most blocks in a window; at least 1. Window sizes differ by at most one block.
  ///   - seed: Seed of the shuffled order; nil keeps the records as they are stored.
  package init(blockRecordCounts: [UInt32], windowBlockCountMax: Int, seed: UInt64?, epoch: Int = 0) {
    precondition(windowBlockCountMax > 0 && !blockRecordCounts.isEmpty && blockRecordCounts.count < UInt32.max)
    self.seed = seed
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    self.blockRecordCounts = blockRecordCounts
    var blocks = Array(0..<UInt32(blockRecordCounts.count))
    if let seed {
      var random = RandomStream(seed: seed, epoch: self.epoch, number: 0)
      blocks[...].shuffle(with: &random)
    }
    self.blocks = blocks
    let windowCount = (blocks.count - 1) / windowBlockCountMax + 1
    let firstBlocks = (0...windowCount).map { $0 * blocks.count / windowCount }
    self.firstBlocks = firstBlocks
    firstPositions = (0..<windowCount).reduce(into: [0]) { positions, number in
      let window = blocks[firstBlocks[number]..<firstBlocks[number + 1]]
      positions.append(window.reduce(positions[number]) { $0 + Int(blockRecordCounts[Int($1)]) })
    }
  }

  package var recordCount: Int { firstPositions[windowCount] }
  package var windowCount: Int { firstPositions.count - 1 }
  package var blockCount: Int { blocks.count }
  /// Number of blocks of the smallest window.
  package var windowBlockCountMin: Int { blockCount / windowCount }

  /// Indices, in the order of visits, of the blocks of window `number`.
  /// - Precondition: `number` is below `windowCount`.
  package func blockIndices(ofWindow number: Int) -> Range<Int> { firstBlocks[number]..<firstBlocks[number + 1] }

  /// Number of the window with the block at `index` of the order.
  /// - Precondition: `index` is below `blockCount`.
  package func window(ofBlockAt index: Int) -> Int {
    precondition(index >= 0 && index < blockCount)
    return ((index + 1) * windowCount - 1) / blockCount
  }

  /// Number of the window that contains `position`.
  /// - Precondition: `position` is below `recordCount`.
  package func window(containing position: Int) -> Int {
    precondition(position >= 0 && position < recordCount)
    return firstPositions.lastIndex { $0 <= position } ?? 0
  }

  /// - Precondition: `number` is below `windowCount`.
  package func window(_ number: Int) -> Window {
    let blocks = blocks[blockIndices(ofWindow: number)].map { Int($0) }
    let recordCounts = blocks.map { Int(blockRecordCounts[$0]) }
    let firstRecords = recordCounts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let positions = firstPositions[number]..<firstPositions[number + 1]
    var offsets = Array(0..<positions.count)
    if let seed {
      var random = RandomStream(seed: seed, epoch: epoch, number: UInt32(number) + 1)
      offsets = dealtOffsets(blockRecordCounts: recordCounts, random: &random)
    }
    return Window(positions: positions, blocks: blocks, firstRecords: firstRecords, offsets: offsets)
  }
}

extension RandomStream {
  /// Stream 0 of an epoch orders the blocks, stream n + 1 the records of window n.
  fileprivate init(seed: UInt64, epoch: UInt32, number: UInt32) {
    self.init(seed: seed, stream: UInt64(epoch) << 32 | UInt64(number))
  }
}

/// An offset for each record of a window, listed block by block, record by record. Each record of a block is in
/// another group, and the order within a group is random. A block with fewer records than the largest skips random
/// groups.
private func dealtOffsets(blockRecordCounts: [Int], random: inout RandomStream) -> [Int] {
  let groupCount = blockRecordCounts.max() ?? 0
  var groups = Array(0..<groupCount)
  var groupOfRecord: [Int] = []
  for recordCount in blockRecordCounts {
    groups[...].shuffle(with: &random)
    groupOfRecord += groups.prefix(recordCount)
  }
  // The offset of each group's first record; later that of its next one.
  var next = [Int](repeating: 0, count: groupCount + 1)
  for group in groupOfRecord { next[group + 1] += 1 }
  for group in 0..<groupCount { next[group + 1] += next[group] }
  var shuffled = Array(groupOfRecord.indices)
  for group in 0..<groupCount { shuffled[next[group]..<next[group + 1]].shuffle(with: &random) }
  return groupOfRecord.map { group in
    defer { next[group] += 1 }
    return shuffled[next[group]]
  }
}

extension ArraySlice {
  /// Shuffles so that every order is equally likely (Fisher and Yates, in Durstenfeld's form, CACM 1964, algorithm
  /// 235). The standard library's shuffle may give another order in another version.
  fileprivate mutating func shuffle(with random: inout RandomStream) {
    for last in stride(from: count - 1, to: 0, by: -1) {
      swapAt(startIndex + last, startIndex + random.next(below: last + 1))
    }
  }
}
