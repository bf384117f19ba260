/// Divides the positions of an order into batches.
struct BatchPlan: Sendable {
  let batchSize: Int
  let batchesPerEpoch: Int
  /// Whether epochs follow one another without end.
  let isEndless: Bool
  /// Positions of an epoch from this one on are in no batch.
  private let positionEnd: Int

  init(sampleCount: Int, batchSize: Int, order: BatchLoader.Order) throws(LoaderError) {
    self.batchSize = batchSize
    switch order {
    case .shuffled:
      isEndless = true
      batchesPerEpoch = sampleCount / batchSize
      positionEnd = batchesPerEpoch * batchSize
      guard batchesPerEpoch > 0 else { throw .tooFewSamples(sampleCount: sampleCount, batchSize: batchSize) }
    case .sequential:
      isEndless = false
      batchesPerEpoch = (sampleCount - 1) / batchSize + 1
      positionEnd = sampleCount
    }
  }

  func hasBatch(_ number: Int) -> Bool { isEndless ? number < .max : number < batchesPerEpoch }

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
