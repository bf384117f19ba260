import Samples

/// The order in which an epoch visits the records of a dataset: a pure function of (seed, epoch, block sizes,
/// window).
///
/// All blocks are shuffled; then the records of each window of consecutive shuffled blocks are shuffled together. So
/// a block is read once an epoch, memory holds a window, and the neighbours of a record in a batch come from as many
/// blocks as a window has. A record's position is its place in this order, and any window can be had without those
/// before it.
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

  /// A part of the order that is read as a whole.
  package struct Window: Sendable {
    package let positions: Range<Int>
    /// Numbers of the blocks, in the order in which they are read.
    package let blocks: [Int]
    /// The position of each record, counted from the window's first: record after record of block after block.
    package let places: [Int]
  }

  private let shuffle: Shuffle?
  private let windowBlockCount: Int
  /// Block numbers, in the order in which they are visited.
  private let blocks: [UInt32]
  /// Position of each window's first record; then the number of all records.
  private let firstPositions: [Int]

  /// - Parameters:
  ///   - blockRecordCounts: Records of each block of the dataset.
  ///   - windowBlockCount: Blocks whose records are mixed; at least 1.
  ///   - shuffle: nil keeps the records as they are stored.
  package init(blockRecordCounts: [Int], windowBlockCount: Int, shuffle: Shuffle?) {
    precondition(windowBlockCount > 0 && blockRecordCounts.count < UInt32.max)
    self.shuffle = shuffle
    self.windowBlockCount = windowBlockCount
    var blocks = (0..<UInt32(blockRecordCounts.count)).map { $0 }
    if let shuffle {
      var random = shuffle.stream(0)
      blocks.shuffle(with: &random)
    }
    self.blocks = blocks
    firstPositions = stride(from: 0, to: blocks.count, by: windowBlockCount).reduce(into: [0]) { positions, first in
      let window = blocks[first..<min(first + windowBlockCount, blocks.count)]
      positions.append(window.reduce(positions[positions.count - 1]) { $0 + blockRecordCounts[Int($1)] })
    }
  }

  package var recordCount: Int { firstPositions[windowCount] }
  package var windowCount: Int { firstPositions.count - 1 }

  /// Number of the window that `position` is in.
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
  package func window(_ number: Int) -> Window {
    let positions = firstPositions[number]..<firstPositions[number + 1]
    let firstBlock = number * windowBlockCount
    var places = Array(0..<positions.count)
    if let shuffle {
      var random = shuffle.stream(UInt32(number) + 1)
      places.shuffle(with: &random)
    }
    return Window(
      positions: positions,
      blocks: blocks[firstBlock..<min(firstBlock + windowBlockCount, blocks.count)].map { Int($0) }, places: places)
  }
}

extension Array {
  /// Every order equally likely (Fisher and Yates, in Durstenfeld's form, CACM 1964, algorithm 235). Written out,
  /// since the standard library does not promise that its own shuffle keeps its order from version to version.
  fileprivate mutating func shuffle(with random: inout RandomStream) {
    for last in stride(from: count - 1, to: 0, by: -1) { swapAt(last, random.next(below: last + 1)) }
  }
}
