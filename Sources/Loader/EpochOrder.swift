import Samples

/// The order in which an epoch visits the records of a dataset: a pure function of (seed, epoch, block sizes,
/// window).
///
/// All blocks are shuffled and divided into windows. The records of each block of a window are dealt out at random to
/// groups, one to each; there are as many groups as a block has records. Then each group is shuffled. So a block is
/// read once an epoch, one or two windows are in memory, and a batch has records of every block of its window. A
/// record's position is its index in this order. Any window can be computed without those before it.
package struct EpochOrder: Sendable {
  package struct Shuffle: Sendable, Hashable {
    package let seed: UInt64
    package let epoch: UInt32

    package init(seed: UInt64, epoch: UInt32) {
      self.seed = seed
      self.epoch = epoch
    }

    /// Stream 0 of an epoch orders the blocks, stream n + 1 the records of window n.
    fileprivate func stream(_ number: UInt32) -> RandomStream {
      RandomStream(seed: seed, stream: UInt64(epoch) << 32 | UInt64(number))
    }
  }

  /// A part of the order whose blocks are in memory together.
  package struct Window: Sendable {
    package let positions: Range<Int>
    /// Indices of the blocks in the dataset, in the order in which they are read.
    package let blocks: [Int]
    /// Index in `places` of each block's first record.
    package let firstPlaces: [Int]
    /// Position of each record, relative to the window's first; listed block by block, record by record.
    package let places: [Int]
  }

  private let shuffle: Shuffle?
  private let blockRecordCounts: [UInt32]
  /// Indices of the blocks in the dataset, in the order in which they are visited.
  private let blocks: [UInt32]
  /// Position of each window's first record; at the end the number of all records.
  private let firstPositions: [Int]

  /// - Parameters:
  ///   - blockRecordCounts: Number of records of each block of the dataset, which has at least one block.
  ///   - windowBlockCountMax: The most blocks in a window; at least 1. Window sizes differ by at most one block.
  ///   - shuffle: nil keeps the records as they are stored.
  package init(blockRecordCounts: [UInt32], windowBlockCountMax: Int, shuffle: Shuffle?) {
    precondition(windowBlockCountMax > 0 && !blockRecordCounts.isEmpty && blockRecordCounts.count < UInt32.max)
    self.shuffle = shuffle
    self.blockRecordCounts = blockRecordCounts
    var blocks = (0..<UInt32(blockRecordCounts.count)).map { $0 }
    if let shuffle {
      var random = shuffle.stream(0)
      blocks[...].shuffle(with: &random)
    }
    self.blocks = blocks
    let windowCount = (blocks.count - 1) / windowBlockCountMax + 1
    firstPositions = (0..<windowCount).reduce(into: [0]) { positions, number in
      let places = Self.places(ofWindow: number, windowCount: windowCount, blockCount: blocks.count)
      positions.append(blocks[places].reduce(positions[number]) { $0 + Int(blockRecordCounts[Int($1)]) })
    }
  }

  package var recordCount: Int { firstPositions[windowCount] }
  package var windowCount: Int { firstPositions.count - 1 }
  package var blockCount: Int { blocks.count }
  /// Number of blocks of the smallest window.
  package var windowBlockCountMin: Int { blockCount / windowCount }

  /// Indices, in the order of visits, of the blocks of window `number`.
  /// - Precondition: `number` is below `windowCount`.
  package func blockPlaces(ofWindow number: Int) -> Range<Int> {
    Self.places(ofWindow: number, windowCount: windowCount, blockCount: blockCount)
  }

  private static func places(ofWindow number: Int, windowCount: Int, blockCount: Int) -> Range<Int> {
    number * blockCount / windowCount..<(number + 1) * blockCount / windowCount
  }

  /// Number of the window with the block at index `place` of the order.
  /// - Precondition: `place` is below `blockCount`.
  package func window(ofBlockPlace place: Int) -> Int {
    precondition(place >= 0 && place < blockCount)
    return ((place + 1) * windowCount - 1) / blockCount
  }

  /// Number of the window that contains `position`.
  /// - Precondition: `position` is below `recordCount`.
  package func window(containing position: Int) -> Int {
    precondition(position >= 0 && position < recordCount)
    var low = 0
    var high = windowCount
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstPositions[middle] <= position { low = middle } else { high = middle }
    }
    return low
  }

  /// - Precondition: `number` is below `windowCount`.
  package func positions(ofWindow number: Int) -> Range<Int> { firstPositions[number]..<firstPositions[number + 1] }

  /// - Precondition: `number` is below `windowCount`.
  package func window(_ number: Int) -> Window {
    let blocks = blocks[blockPlaces(ofWindow: number)].map { Int($0) }
    let recordCounts = blocks.map { Int(blockRecordCounts[$0]) }
    var places = Array(0..<positions(ofWindow: number).count)
    if let shuffle {
      var random = shuffle.stream(UInt32(number) + 1)
      places = dealtPositions(blockRecordCounts: recordCounts, random: &random)
    }
    var firstPlaces: [Int] = []
    var recordCount = 0
    for count in recordCounts {
      firstPlaces.append(recordCount)
      recordCount += count
    }
    return Window(positions: positions(ofWindow: number), blocks: blocks, firstPlaces: firstPlaces, places: places)
  }
}

/// A position for each record of a window, listed block by block, record by record. Each record of a block is in
/// another group, and the order within a group is random. A block with fewer records than the largest skips random
/// groups.
private func dealtPositions(blockRecordCounts: [Int], random: inout RandomStream) -> [Int] {
  let groupCount = blockRecordCounts.max() ?? 0
  var groups = Array(0..<groupCount)
  var groupOfRecord: [Int] = []
  for recordCount in blockRecordCounts {
    groups[...].shuffle(with: &random)
    groupOfRecord += groups.prefix(recordCount)
  }
  // The position of each group's first record; later that of its next one.
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
