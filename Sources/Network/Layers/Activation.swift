import Kernels

/// How a mini-batch is cut: into lanes for work on images, into shares for work on parameters.
package struct Lanes: Sendable {
  /// Of a lane's part of the largest activation: what one layer writes, the next ones find in the caches. With 1.2 MB in
  /// place of 9.8, `seed-cnn` learned and read 1.14 times as fast (measured on Zen 3).
  private static let activationByteCountMax = 2 << 20
  /// Inference has no sums across images, so lanes can be shorter and the load balances better.
  private static let readingCountMax = 32

  package let count: Int
  /// Images in each lane.
  package let images: Int
  /// Lanes that are at work at once, at most.
  let workerCount: Int
  /// Lanes whose activations there is memory for.
  let placeCount: Int
  package let shareCount: Int

  /// - Parameters:
  ///   - countMax: The most lanes and shares, as `TrainingSpec.lanes`. Where the activations of one lane would not stay in
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
    placeCount = isTraining ? count : workerCount
  }

  /// Lanes that `imageCount` images fill, the last one in part.
  func count(holding imageCount: Int) -> Int { (imageCount + images - 1) / images }

  /// What share number `share` has of `total` equal things.
  func range(ofShare share: Int, total: Int) -> Range<Int> {
    total * share / shareCount..<total * (share + 1) / shareCount
  }
}

/// One lane, on its way through the layers.
struct Lane: Sendable {
  let number: Int
  /// Where its activations are: a place of its own while the network learns. Who only reads needs an activation no longer
  /// than until the next layers have read it: there, a thread has one place for lane after lane, which stays in the caches.
  let place: Int
  /// Which of those at work it is.
  let worker: Int
}

/// What one layer gives the next, [image][channel / block][row][column][block], of the whole mini-batch while the network
/// learns, else of the lanes that are at work; and the gradient of the loss with respect to it.
final class Activation: Sendable {
  let shape: ActivationShape
  let values: AlignedBuffer
  /// Absent where nothing is learned below.
  let gradient: AlignedBuffer?
  private let keepsGradient: Bool
  private let laneByteCount: Int

  init(_ shape: ActivationShape, precision: Precision, lanes: Lanes, gradient: GradientStorage) {
    self.shape = shape
    laneByteCount = lanes.images * shape.elementCount * precision.byteCount
    values = AlignedBuffer(byteCount: laneByteCount * lanes.placeCount)
    keepsGradient = gradient == .kept
    switch gradient {
    case .none: self.gradient = nil
    case .passing: self.gradient = AlignedBuffer(byteCount: laneByteCount * lanes.workerCount)
    case .kept: self.gradient = AlignedBuffer(byteCount: laneByteCount * lanes.placeCount)
    }
  }

  enum GradientStorage {
    case none
    /// Of the lanes that are at work: neighbouring phases write it and read it, while it is in the caches.
    case passing
    /// Of the whole mini-batch.
    case kept
  }

  /// The first image of a lane.
  func values(lane: Lane) -> UnsafeMutableRawPointer { values.address + lane.place * laneByteCount }

  func gradient(lane: Lane) -> UnsafeMutableRawPointer {
    guard let gradient else { preconditionFailure("no gradient is kept here") }
    return gradient.address + (keepsGradient ? lane.place : lane.worker) * laneByteCount
  }
}

/// Flat 32-bit features of the whole mini-batch, [image][feature], with their gradient.
final class Features: Sendable {
  let count: Int
  let values: AlignedBuffer
  let gradient: AlignedBuffer
  private let lanes: Lanes

  init(count: Int, lanes: Lanes, isTraining: Bool) {
    self.count = count
    self.lanes = lanes
    values = AlignedBuffer(Float.self, count: count * lanes.images * lanes.count)
    gradient = AlignedBuffer(Float.self, count: isTraining ? count * lanes.images * lanes.count : 0)
  }

  func values(lane: Lane) -> UnsafeMutablePointer<Float> { values.floats + lane.number * lanes.images * count }
  func gradient(lane: Lane) -> UnsafeMutablePointer<Float> { gradient.floats + lane.number * lanes.images * count }
}

/// One stage of the network with its memory.
protocol Layer: Sendable {
  /// Reads the layer's input and writes its output.
  var forward: [Phase] { get }
  /// Reads the gradient of the output, writes that of the input, in both cases overwriting what was there, and the
  /// gradients of the layer's parameters.
  var backward: [Phase] { get }
}
