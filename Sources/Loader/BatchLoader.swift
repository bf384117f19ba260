import Samples
import Shards
import Synchronization
import Workers

/// The batches of a dataset, from any batch on. Blocks are read and decompressed ahead on other threads.
///
/// Each job reads one block of the order and copies every record of it straight to its row of a batch. At most two
/// windows of the order are in memory, the one whose batches are handed out and the next, in batches that are reused.
/// So memory does not grow with the dataset. The batches do not depend on the number of threads.
package final class BatchLoader {
  package enum Order: Sendable, Hashable {
    /// For training: endless epochs, each in its own order, with full batches only. The samples left over at the end of
    /// an epoch differ from epoch to epoch.
    case shuffled(seed: UInt64)
    /// For evaluation: every sample once, by index; the last batch may be smaller.
    case sequential

    /// - Parameter sampleCount: Of the dataset; at least 1.
    package func batchesPerEpoch(sampleCount: Int, batchSize: Int) -> Int {
      self == .sequential ? (sampleCount - 1) / batchSize + 1 : sampleCount / batchSize
    }
  }

  /// Limits of a window, which has at least one block. 64 blocks of 64 gray images of 160x60 have 39 MB.
  package static let windowBlockCountMax = 256
  package static let windowByteCountMax = 40 << 20

  /// Batches in an epoch.
  package let batchesPerEpoch: Int
  private let plan: BatchPlan
  private let sequence: EpochSequence
  private let slots: [BatchSlot]
  /// The rows of each batch to return; nil for all that its slot has.
  private let rows: Range<Int>?
  private let blocks: OrderedStream<LeftOutBlock?>
  private let leaveOut: ((LeftOutBlock) throws -> Void)?
  /// Blocks of the sequence whose records have been copied into batches.
  private var readBlockCount: Int
  private var nextBatch: Int
  /// Of the sequence, for all batches to return.
  private let blockIndices: Range<Int>

  /// - Parameters:
  ///   - rows: The rows of each batch to return, for loaders that share each batch of the shuffled order; nil for all.
  ///   - startBatch: Number of the first batch to return; in the shuffled order it counts through all epochs.
  ///   - endBatch: Number at which to end; nil for the end of the order.
  ///   - stride: Distance of the batches to return, for loaders that share the batches of an order.
  ///   - threadCount: Blocks read at a time.
  ///   - leaveOut: Called by `next()` with each damaged block. All other samples keep their position; a shuffled batch
  ///     takes some of them twice to stay full. nil to throw the error of a damaged block.
  /// - Precondition: batch size, stride and thread count are at least 1.
  /// - Throws: `LoaderError` where a shuffled epoch would have no batch.
  package init(
    _ dataset: Dataset, order: Order, batchSize: Int, rows: Range<Int>? = nil, startBatch: Int = 0,
    endBatch: Int? = nil, stride: Int = 1,
    threadCount: Int, leaveOut: ((LeftOutBlock) throws -> Void)? = nil
  ) throws(LoaderError) {
    precondition(batchSize > 0 && threadCount > 0 && startBatch >= 0 && stride > 0)
    plan = try BatchPlan(
      sampleCount: dataset.sampleCount, batchSize: batchSize, order: order, first: startBatch, end: endBatch,
      stride: stride)
    batchesPerEpoch = plan.batchesPerEpoch
    let (seed, windowBlockCountMax): (UInt64?, Int) =
      switch order {
      case .shuffled(let seed):
        (seed, min(Self.windowBlockCountMax, max(1, Self.windowByteCountMax / dataset.blockByteCountMax)))
      // Without mixing, a window needs only enough blocks to occupy the threads.
      case .sequential: (nil, max(2, threadCount))
      }
    sequence = EpochSequence(
      blockRecordCounts: dataset.blockRecordCounts, windowBlockCountMax: windowBlockCountMax, seed: seed)
    // A row without a sample becomes a copy of another, which may be any.
    let kept = leaveOut == nil ? rows ?? 0..<batchSize : 0..<batchSize
    self.rows = leaveOut == nil ? nil : rows
    slots = (0..<plan.batchCountMax(ofRecords: 2 * sequence.windowRecordCountMax)).map { _ in
      BatchSlot(Batch(count: kept.count, of: dataset))
    }
    self.leaveOut = leaveOut
    nextBatch = startBatch
    blockIndices = plan.blockIndices(in: sequence)
    readBlockCount = blockIndices.lowerBound
    let scatter = BlockScatter(
      dataset: dataset, sequence: sequence, plan: plan, slots: slots, rows: kept,
      isAlone: stride == 1 && kept.count == batchSize, leavesOut: leaveOut != nil)
    // The next window is read only after the first block of this one was awaited. By then, all earlier batches have been
    // handed out.
    blocks = OrderedStream(
      jobs: blockIndices, threadCount: threadCount, window: sequence.windowBlockCountMin
    ) {
      let buffer = BlockBuffer()
      return { index throws in try scatter.read(index, in: buffer) }
    }
  }

  /// The next batch; nil after the last. The next call reuses its memory, or copies it if the caller still holds the
  /// batch.
  /// - Throws: `ShardError` for a block that could not be read, `LoaderError` where all samples of a shuffled batch
  ///   were left out, or an error of `leaveOut`. The loader has then ended.
  package func next() throws -> Batch? {
    while plan.hasBatch(nextBatch) {
      let number = nextBatch
      let (epoch, positions) = plan.positions(ofBatch: number)
      nextBatch = .max
      let window = sequence.blockIndices(ofWindowContaining: positions.upperBound - 1, epoch: epoch)
      try waitForBlocks(before: window.upperBound)
      let batch = slots[number % slots.count].batch.withLock {
        $0.finished(count: min($0.count, positions.count), isFull: plan.isEndless)
      }
      guard batch != nil || !plan.isEndless else { throw LoaderError.nothingLeft(batch: number) }
      nextBatch = number + plan.stride
      if let batch { return rows.map { batch.only($0) } ?? batch }
    }
    return nil
  }

  /// Waits for the blocks after the last batch that this loader returns, which are other loaders'. So `leaveOut` is called
  /// with every damaged block of the order. For the sequential order.
  package func readRest() throws { try waitForBlocks(before: blockIndices.upperBound) }

  private func waitForBlocks(before end: Int) throws {
    while readBlockCount < end {
      guard let leftOut = try blocks.next() else { preconditionFailure("the sequence has a block at every index") }
      readBlockCount += 1
      if let leftOut { try leaveOut?(leftOut) }
    }
  }
}

/// A batch that is being filled or was handed out.
private final class BatchSlot: Sendable {
  let batch: Mutex<Batch>
  init(_ batch: Batch) { self.batch = Mutex(batch) }
}

/// A thread's buffer for decompressed blocks.
private final class BlockBuffer {
  var block = ShardBlock()
}

/// Reads blocks and copies their records into batches.
private struct BlockScatter: Sendable {
  let dataset: Dataset
  let sequence: EpochSequence
  let plan: BatchPlan
  let slots: [BatchSlot]
  /// The rows of each batch that its slot has.
  let rows: Range<Int>
  /// Whether no other loader shares the batches, so that every block is needed.
  let isAlone: Bool
  let leavesOut: Bool

  /// Reads the block at an index of the sequence.
  /// - Returns: The block, if it is damaged and left out.
  func read(_ index: Int, in buffer: BlockBuffer) throws(ShardError) -> LeftOutBlock? {
    let visit = sequence.visit(index)
    // What is left out must be told, whoever returns it.
    guard leavesOut || isAlone || isNeeded(visit) else { return nil }
    do throws(ShardError) {
      try dataset.read(block: visit.block, into: &buffer.block)
    } catch {
      guard leavesOut, case .damaged = error else { throw error }
      let leftOut = dataset.leftOutBlock(visit.block, error)
      for record in 0..<leftOut.records.count {
        withBatch(ofRecord: record, of: visit) { batch, row in batch.setAbsent(row) }
      }
      return leftOut
    }
    for record in 0..<buffer.block.recordCount {
      withBatch(ofRecord: record, of: visit) { batch, row in batch.set(row, to: record, of: buffer.block) }
    }
    return nil
  }

  /// Whether some record of a block is in a batch and row that the loader returns.
  private func isNeeded(_ visit: EpochSequence.BlockVisit) -> Bool {
    (0..<dataset.recordCount(ofBlock: visit.block)).contains { place(ofRecord: $0, of: visit) != nil }
  }

  /// Calls `body` with the batch and row of a record, unless it is in no batch that the loader returns.
  private func withBatch(
    ofRecord record: Int, of visit: EpochSequence.BlockVisit, _ body: (inout Batch, _ row: Int) -> Void
  ) {
    guard let (batch, row) = place(ofRecord: record, of: visit) else { return }
    slots[batch % slots.count].batch.withLock { body(&$0, row - rows.lowerBound) }
  }

  private func place(ofRecord record: Int, of visit: EpochSequence.BlockVisit) -> (batch: Int, row: Int)? {
    guard let place = plan.batchAndRow(ofPosition: visit.position(ofRecord: record), epoch: visit.epoch),
      plan.returns(place.batch), rows.contains(place.row)
    else { return nil }
    return place
  }
}
