import Synchronization

/// The endless sequence of blocks in the order in which a loader reads them. Indices in it count through all epochs.
///
/// Many threads ask for the same window, and for at most two windows or epochs at a time, so the last two are kept.
final class EpochSequence: Sendable {
  /// A block to read, and the positions of its records.
  struct BlockVisit: Sendable {
    let epoch: Int
    /// Index of the block in the dataset.
    let block: Int
    fileprivate let window: EpochOrder.Window
    fileprivate let firstRecord: Int

    /// The position in its epoch of a record of the block.
    func position(ofRecord record: Int) -> Int { window.positions.lowerBound + window.offsets[firstRecord + record] }
  }

  let windowBlockCountMin: Int
  let windowRecordCountMax: Int
  private let blockRecordCounts: [UInt32]
  private let windowBlockCountMax: Int
  private let seed: UInt64?
  private let orders = Mutex<[Int: EpochOrder]>([:])
  private let windows = Mutex<[Int: EpochOrder.Window]>([:])

  /// - Parameter seed: Seed of the shuffled order; nil keeps the records as they are stored.
  init(blockRecordCounts: [UInt32], windowBlockCountMax: Int, seed: UInt64?) {
    self.blockRecordCounts = blockRecordCounts
    self.windowBlockCountMax = windowBlockCountMax
    self.seed = seed
    let order = EpochOrder(blockRecordCounts: blockRecordCounts, windowBlockCountMax: windowBlockCountMax, seed: nil)
    windowBlockCountMin = order.windowBlockCountMin
    windowRecordCountMax = ((order.blockCount - 1) / order.windowCount + 1) * Int(blockRecordCounts.max() ?? 0)
  }

  var blockCount: Int { blockRecordCounts.count }

  /// The block at an index of the sequence.
  func visit(_ index: Int) -> BlockVisit {
    let (epoch, indexInEpoch) = index.quotientAndRemainder(dividingBy: blockCount)
    let order = order(ofEpoch: epoch)
    let number = order.window(ofBlockAt: indexInEpoch)
    let window = windows.withLock { kept in
      keeping(&kept, epoch * order.windowCount + number) { order.window(number) }
    }
    let indexInWindow = indexInEpoch - order.blockIndices(ofWindow: number).lowerBound
    return BlockVisit(
      epoch: epoch, block: window.blocks[indexInWindow], window: window,
      firstRecord: window.firstRecords[indexInWindow])
  }

  /// Indices of the blocks in the window with the record at `position` of an epoch.
  func blockIndices(ofWindowContaining position: Int, epoch: Int) -> Range<Int> {
    let order = order(ofEpoch: epoch)
    let indices = order.blockIndices(ofWindow: order.window(containing: position))
    return epoch * blockCount + indices.lowerBound..<epoch * blockCount + indices.upperBound
  }

  private func order(ofEpoch epoch: Int) -> EpochOrder {
    orders.withLock { kept in
      keeping(&kept, epoch) {
        EpochOrder(
          blockRecordCounts: blockRecordCounts, windowBlockCountMax: windowBlockCountMax, seed: seed, epoch: epoch)
      }
    }
  }
}

/// The value kept for `number`. If there is none, it is made and replaces the older of the two kept ones.
private func keeping<Value>(_ kept: inout [Int: Value], _ number: Int, make: () -> Value) -> Value {
  if let value = kept[number] { return value }
  let value = make()
  if kept.count == 2, let oldest = kept.keys.min() { kept[oldest] = nil }
  kept[number] = value
  return value
}
