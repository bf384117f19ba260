import Samples
import Shards
import Synchronization
import Workers

/// The batches of a dataset, from any batch on, read and decompressed ahead on Dispatch.
///
/// Each job reads one block of the order and copies every record of it straight to its place in a batch. Two windows of
/// the order are in memory at most, the one whose batches are handed out and the next, in as many batches as hold
/// them, which are used again and again: that bounds the memory, whatever the size of the dataset and the number of
/// threads. The batches do not depend on the number of threads.
package final class BatchLoader {
  package enum Order: Sendable, Hashable {
    /// For learning: epoch after epoch without an end, each in an order of its own, and full batches only. The samples
    /// left over at the end of an epoch differ from one to the next.
    case shuffled(seed: UInt64)
    /// For judging: by index, every sample once; the last batch may be smaller.
    case sequential
  }

  /// Windows have as many blocks as these two allow, and at least one. 64 blocks of 64 gray images of 160x60 have
  /// 39 MB.
  package static let windowBlockCountMax = 256
  package static let windowByteCountMax = 40 << 20

  /// Batches in an epoch.
  package let batchesPerEpoch: Int
  private let plan: BatchPlan
  private let sequence: EpochSequence
  private let slots: [BatchSlot]
  private let blocks: OrderedStream<LeftOutBlock?>
  private let leaveOut: ((LeftOutBlock) throws -> Void)?
  /// Blocks of the sequence whose records are in their batches.
  private var readBlockCount: Int
  private var nextBatch: Int

  /// - Parameters:
  ///   - startBatch: The first batch to hand out. In the shuffled order batches are counted on from epoch to epoch.
  ///   - threadCount: Blocks read at a time.
  ///   - leaveOut: Called by `next()` with each damaged block; what is left goes on in the same order. A shuffled batch
  ///     that lacks samples has others of its own twice. nil stops at a damaged block with its error.
  /// - Precondition: batch size and thread count are at least 1; the order has a batch `startBatch`, or ends there.
  /// - Throws: `LoaderError` where a shuffled epoch would have no batch.
  package init(
    _ dataset: Dataset, order: Order, batchSize: Int, startBatch: Int = 0, threadCount: Int,
    leaveOut: ((LeftOutBlock) throws -> Void)? = nil
  ) throws(LoaderError) {
    precondition(batchSize > 0 && threadCount > 0 && startBatch >= 0)
    plan = try BatchPlan(sampleCount: dataset.sampleCount, batchSize: batchSize, order: order)
    batchesPerEpoch = plan.batchesPerEpoch
    let (seed, windowBlockCountMax): (UInt64?, Int) =
      switch order {
      case .shuffled(let seed):
        (seed, min(Self.windowBlockCountMax, max(1, Self.windowByteCountMax / dataset.blockByteCountMax)))
      // Nothing is mixed: the threads need work, and that is all.
      case .sequential: (nil, max(2, threadCount))
      }
    let sequence = EpochSequence(
      blockRecordCounts: dataset.blockRecordCounts, windowBlockCountMax: windowBlockCountMax, seed: seed)
    self.sequence = sequence
    let slots = (0..<plan.batchCountMax(ofRecords: 2 * sequence.windowRecordCountMax)).map { _ in
      BatchSlot(Batch(count: batchSize, of: dataset))
    }
    self.slots = slots
    self.leaveOut = leaveOut
    nextBatch = startBatch
    let end = plan.isEndless ? Int.max : sequence.blockCount
    if plan.hasBatch(startBatch) {
      let (epoch, positions) = plan.place(ofBatch: startBatch)
      readBlockCount = sequence.places(ofWindowContaining: positions.lowerBound, epoch: epoch).lowerBound
    } else {
      precondition(startBatch == plan.batchesPerEpoch)
      readBlockCount = end
    }
    let scatter = BlockScatter(
      dataset: dataset, sequence: sequence, plan: plan, firstBatch: startBatch, slots: slots,
      leavesOut: leaveOut != nil)
    // Blocks of the next window start once the first of this one has been waited for, when all batches before are done.
    blocks = OrderedStream(
      jobs: readBlockCount..<end, threadCount: threadCount, window: sequence.windowBlockCountMin
    ) {
      let room = BlockRoom()
      return { place throws in try scatter.read(place, in: room) }
    }
  }

  /// The next batch, nil after the last. Its memory is used again from the next call on; whoever keeps a batch longer
  /// makes the loader copy it.
  /// - Throws: `ShardError` with the place of a block that could not be read, `LoaderError` where nothing is left of a
  ///   shuffled batch, or what `leaveOut` throws; the loader has then ended.
  package func next() throws -> Batch? {
    while plan.hasBatch(nextBatch) {
      let number = nextBatch
      let (epoch, positions) = plan.place(ofBatch: number)
      nextBatch = .max
      try waitForBlocks(before: sequence.places(ofWindowContaining: positions.upperBound - 1, epoch: epoch).upperBound)
      let batch = slots[number % slots.count].batch.withLock {
        $0.finished(number: number, count: positions.count, isFull: plan.isEndless)
      }
      guard batch != nil || !plan.isEndless else { throw LoaderError.nothingLeft(batch: number) }
      nextBatch = number + 1
      if let batch { return batch }
    }
    return nil
  }

  private func waitForBlocks(before end: Int) throws {
    while readBlockCount < end {
      guard let leftOut = try blocks.next() else { preconditionFailure("the sequence has a block for every place") }
      readBlockCount += 1
      if let leftOut { try leaveOut?(leftOut) }
    }
  }
}

/// A batch that is filled or handed out.
private final class BatchSlot: Sendable {
  let batch: Mutex<Batch>
  init(_ batch: Batch) { self.batch = Mutex(batch) }
}

/// What a thread decompresses into.
private final class BlockRoom {
  var block = ShardBlock()
}

/// Reads blocks and spreads their records over the batches.
private struct BlockScatter: Sendable {
  let dataset: Dataset
  let sequence: EpochSequence
  let plan: BatchPlan
  let firstBatch: Int
  let slots: [BatchSlot]
  let leavesOut: Bool

  /// - Returns: The block, where it is damaged and is left out.
  func read(_ place: Int, in room: BlockRoom) throws(ShardError) -> LeftOutBlock? {
    let visit = sequence.visit(place)
    do throws(ShardError) {
      try dataset.read(block: visit.block, into: &room.block)
    } catch {
      guard leavesOut, case .damaged = error else { throw error }
      let leftOut = dataset.leftOutBlock(visit.block, error)
      for record in 0..<leftOut.records.count {
        withBatch(ofRecord: record, of: visit) { batch, row in batch.setAbsent(row) }
      }
      return leftOut
    }
    for record in 0..<room.block.recordCount {
      withBatch(ofRecord: record, of: visit) { batch, row in batch.set(row, to: record, of: room.block) }
    }
    return nil
  }

  /// Calls `body` with the batch and row of a record, unless it is in no batch that is wanted.
  private func withBatch(
    ofRecord record: Int, of visit: EpochSequence.BlockVisit, _ body: (inout Batch, _ row: Int) -> Void
  ) {
    guard let (batch, row) = plan.batchAndRow(ofPosition: visit.position(ofRecord: record), epoch: visit.epoch),
      batch >= firstBatch
    else { return }
    slots[batch % slots.count].batch.withLock { body(&$0, row) }
  }
}
