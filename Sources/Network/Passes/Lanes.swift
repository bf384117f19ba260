import Ranks

/// How the work on a mini-batch is split: into lanes for work on images, into shares for work on parameters.
///
/// Ranks each have some of the lanes, and some of the shares.
package struct Lanes: Sendable {
  /// Limits a lane's part of the largest activation, so that the next layers find it in the cache. With 1.2 MB instead
  /// of 9.8, `seed-cnn` trained and inferred 1.14 times as fast (measured on Zen 3).
  private static let activationByteCountMax = 2 << 20
  /// Inference has no sums across images, so lanes can be shorter and the load balances better.
  private static let inferenceCountMax = 32

  /// Of all ranks.
  package let partition: Partition
  /// Images in each lane.
  package let images: Int
  /// The most lanes in progress at once.
  let workerCount: Int
  /// Lanes of this rank with memory for their activations.
  let slotCount: Int
  /// Of all ranks.
  package let shares: Partition

  /// Lanes of all ranks.
  package var count: Int { partition.count }
  /// Whether each lane of this rank has a slot of its own.
  var hasOwnSlots: Bool { slotCount == own.count }
  /// The lanes of this rank.
  package var own: Range<Int> { partition.own }
  /// Images of all lanes of this rank.
  var ownImages: Range<Int> { images(ofLanes: own) }

  func images(ofLanes lanes: Range<Int>) -> Range<Int> { lanes.lowerBound * images..<lanes.upperBound * images }

  /// - Parameters:
  ///   - countMax: The most lanes and shares, as `TrainingSpec.laneCountMax`. There are more lanes where one lane's
  ///     activations would not fit the cache, and in inference.
  ///   - activationByteCount: Of one image's largest activation; 0 where there is none.
  package init(
    batch: Int, countMax: Int, activationByteCount: Int, isTraining: Bool, threadCount: Int,
    ranks: any Communicator = SingleRank()
  ) {
    func largestPart(upTo most: Int) -> Int { (1...min(most, batch)).last { batch % $0 == 0 } ?? 1 }
    shares = Partition(largestPart(upTo: countMax), to: ranks)
    let evenImages = batch / largestPart(upTo: isTraining ? countMax : max(countMax, Self.inferenceCountMax))
    let fittingImages = Self.activationByteCountMax / max(1, activationByteCount)
    images = largestPart(upTo: max(1, min(evenImages, fittingImages)))
    partition = Partition(batch / images, to: ranks)
    workerCount = min(partition.own.count, threadCount)
    slotCount = isTraining ? partition.own.count : workerCount
  }

  /// The range of a lane's values, `count` for each image.
  func range(of lane: Lane, count: Int) -> Range<Int> {
    lane.number * images * count..<(lane.number + 1) * images * count
  }

  /// The units, of `total`, that neighbouring shares work on.
  func units(ofShares numbers: Range<Int>, total: Int) -> Range<Int> {
    total * numbers.lowerBound / shares.count..<total * numbers.upperBound / shares.count
  }
}

/// One lane in progress.
struct Lane: Sendable {
  /// Counted through the lanes of all ranks.
  let number: Int
  /// The slot of its activations. In training each lane has its own. Inference needs an activation only until the next
  /// layers have read it, so each worker reuses one slot, which stays in the cache.
  let slot: Int
  /// The worker that runs it, below `workerCount`.
  let worker: Int
}
