/// Divides the positions of an order into batches, and says which of them a loader returns.
struct BatchPlan: Sendable {
  let batchSize: Int
  let batchesPerEpoch: Int
  /// Whether epochs follow one another without end.
  let isEndless: Bool
  /// Distance of the batches to return.
  let stride: Int
  /// Positions of an epoch from this one on are in no batch.
  private let positionEnd: Int
  /// Number of the first batch to return.
  private let first: Int
  /// Batches from this number on are not returned.
  private let end: Int

  /// - Parameters:
  ///   - first: Number of the first batch to return.
  ///   - end: Number at which to end; nil for the end of the order.
  init(
    sampleCount: Int, batchSize: Int, order: BatchLoader.Order, first: Int, end: Int?, stride: Int
  ) throws(LoaderError) {
    self.batchSize = batchSize
    self.first = first
    self.stride = stride
    batchesPerEpoch = order.batchesPerEpoch(sampleCount: sampleCount, batchSize: batchSize)
    guard batchesPerEpoch > 0 else { throw .tooFewSamples(sampleCount: sampleCount, batchSize: batchSize) }
    isEndless = order != .sequential
    positionEnd = min(batchesPerEpoch * batchSize, sampleCount)
    self.end = min(end ?? .max, isEndless ? .max : batchesPerEpoch)
  }

  /// Whether `number` is before the end.
  func hasBatch(_ number: Int) -> Bool { number < end }

  /// Whether the loader returns batch `number`.
  func returns(_ number: Int) -> Bool {
    number >= first && number < end && (number - first) % stride == 0
  }

  /// The indices of the blocks whose windows have the batches to return.
  func blockIndices(in sequence: EpochSequence) -> Range<Int> {
    guard hasBatch(first) else { return 0..<0 }
    func window(_ batch: Int, _ position: (Range<Int>) -> Int) -> Range<Int> {
      let (epoch, positions) = positions(ofBatch: batch)
      return sequence.blockIndices(ofWindowContaining: position(positions), epoch: epoch)
    }
    let start = window(first) { $0.lowerBound }.lowerBound
    return start..<(end == .max ? .max : window(end - 1) { $0.upperBound - 1 }.upperBound)
  }

  /// The epoch of a batch, and its positions in that epoch.
  func positions(ofBatch number: Int) -> (epoch: Int, positions: Range<Int>) {
    let (epoch, numberInEpoch) = number.quotientAndRemainder(dividingBy: batchesPerEpoch)
    return (epoch, numberInEpoch * batchSize..<min((numberInEpoch + 1) * batchSize, positionEnd))
  }

  /// The batch of a position, and the row in it; nil for a position left over at the end of its epoch.
  func batchAndRow(ofPosition position: Int, epoch: Int) -> (batch: Int, row: Int)? {
    guard position < positionEnd else { return nil }
    let (batch, row) = position.quotientAndRemainder(dividingBy: batchSize)
    return (epoch * batchesPerEpoch + batch, row)
  }

  /// The most batches that `count` consecutive records can be in, even across the end of an epoch.
  func batchCountMax(ofRecords count: Int) -> Int {
    let batchCount = count / batchSize + 3
    return isEndless ? batchCount : min(batchCount, batchesPerEpoch)
  }
}
