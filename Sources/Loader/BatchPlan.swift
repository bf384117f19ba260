/// Which positions of an order make which batch.
struct BatchPlan: Sendable {
  let batchSize: Int
  let batchesPerEpoch: Int
  /// Whether there is an epoch after each.
  let isEndless: Bool
  /// Positions of an epoch that are in a batch end here.
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

  /// The epoch that a batch is of, and its positions there.
  func place(ofBatch number: Int) -> (epoch: Int, positions: Range<Int>) {
    let (epoch, numberInEpoch) = number.quotientAndRemainder(dividingBy: batchesPerEpoch)
    return (epoch, numberInEpoch * batchSize..<min((numberInEpoch + 1) * batchSize, positionEnd))
  }

  /// The batch, and the row in it, of a position; nil where it is left over at the end of its epoch.
  func batchAndRow(ofPosition position: Int, epoch: Int) -> (batch: Int, row: Int)? {
    guard position < positionEnd else { return nil }
    let (batch, row) = position.quotientAndRemainder(dividingBy: batchSize)
    return (epoch * batchesPerEpoch + batch, row)
  }

  /// The most batches that `count` records can be in which follow each other, the end of an epoch among them.
  func batchCountMax(ofRecords count: Int) -> Int {
    let batchCount = count / batchSize + 3
    return isEndless ? batchCount : min(batchCount, batchesPerEpoch)
  }
}
