/// How a mini-batch is cut: into lanes for work on images, into shares for work on parameters.
package struct Lanes: Sendable {
  /// Of a lane's part of the largest activation: what one layer writes, the next ones find in the caches. With 1.2 MB in
  /// place of 9.8, `seed-cnn` trained and inferred 1.14 times as fast (measured on Zen 3).
  private static let activationByteCountMax = 2 << 20
  /// Inference has no sums across images, so lanes can be shorter and the load balances better.
  private static let readingCountMax = 32

  package let count: Int
  /// Images in each lane.
  package let images: Int
  /// Lanes that are at work at once, at most.
  let workerCount: Int
  /// Lanes whose activations there is memory for.
  let slotCount: Int
  package let shareCount: Int

  /// - Parameters:
  ///   - countMax: The most lanes and shares, as `TrainingSpec.laneCountMax`. Where the activations of one lane would not stay in
  ///     the caches, there are more lanes than that; so there are in inference.
  ///   - activationByteCount: Of one image's largest activation; 0 where there is none.
  package init(batch: Int, countMax: Int, activationByteCount: Int, isTraining: Bool, threadCount: Int) {
    func largestPart(upTo most: Int) -> Int { (1...min(most, batch)).last { batch % $0 == 0 } ?? 1 }
    shareCount = largestPart(upTo: countMax)
    let evenImages = batch / largestPart(upTo: isTraining ? countMax : max(countMax, Self.readingCountMax))
    let fittingImages = Self.activationByteCountMax / max(1, activationByteCount)
    images = largestPart(upTo: max(1, min(evenImages, fittingImages)))
    count = batch / images
    workerCount = min(count, threadCount)
    slotCount = isTraining ? count : workerCount
  }

  /// Lanes that `imageCount` images fill, the last one in part.
  func count(holding imageCount: Int) -> Int { (imageCount + images - 1) / images }

  /// The values of a lane, of which each image has `count`.
  func range(of lane: Lane, count: Int) -> Range<Int> {
    lane.number * images * count..<(lane.number + 1) * images * count
  }

  /// What share number `share` has of `total` equal things.
  func range(ofShare share: Int, total: Int) -> Range<Int> {
    total * share / shareCount..<total * (share + 1) / shareCount
  }
}

/// One lane, on its way through the layers.
struct Lane: Sendable {
  let number: Int
  /// Which memory its activations have: in training, one slot for each lane. Inference needs an activation only until the
  /// next layers have read it, so a thread has one slot for lane after lane, which stays in the caches.
  let slot: Int
  /// Which of those at work it is.
  let worker: Int
}
