import Kernels

/// How a mini-batch is cut: into lanes for work on images, into shares for work on parameters.
struct Lanes: Sendable {
  /// Enough for eight cores, and few enough that a lane's part of a usual batch keeps the sums over images cheap, and a
  /// share's part of a large layer keeps a matrix product busy.
  private static let countMax = 8
  /// Who only reads sums nothing over images: shorter lanes let the threads finish closer together.
  private static let readingCountMax = 32

  let count: Int
  /// Images in each lane.
  let images: Int
  /// Lanes whose activations there is memory for.
  let placeCount: Int
  let shareCount: Int

  init(batch: Int, isTraining: Bool, threadCount: Int) {
    func largestCount(upTo most: Int) -> Int { (1...min(most, batch)).last { batch % $0 == 0 } ?? 1 }
    count = largestCount(upTo: isTraining ? Self.countMax : Self.readingCountMax)
    images = batch / count
    placeCount = isTraining ? count : min(count, threadCount)
    shareCount = largestCount(upTo: Self.countMax)
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
}

/// What one layer gives the next, [image][channel / block][row][column][block], and the gradient of the loss with respect to
/// it: of the whole mini-batch while the network learns, else of the lanes that are at work.
final class Activation: Sendable {
  let shape: ActivationShape
  let values: AlignedBuffer
  /// Absent where nothing is learned below.
  let gradient: AlignedBuffer?
  private let laneByteCount: Int

  init(_ shape: ActivationShape, precision: Precision, lanes: Lanes, gradient: GradientStorage) {
    self.shape = shape
    laneByteCount = lanes.images * shape.elementCount * precision.byteCount
    let byteCount = laneByteCount * lanes.placeCount
    values = AlignedBuffer(byteCount: byteCount)
    switch gradient {
    case .none: self.gradient = nil
    case .own: self.gradient = AlignedBuffer(byteCount: byteCount)
    case .shared(let buffer): self.gradient = buffer
    }
  }

  enum GradientStorage {
    case none
    case own
    /// The gradient of another activation of the same size, which is dead by the time this one is written.
    case shared(AlignedBuffer)
  }

  /// The first image of a lane.
  func values(lane: Lane) -> UnsafeMutableRawPointer { values.address + lane.place * laneByteCount }

  func gradient(lane: Lane) -> UnsafeMutableRawPointer {
    guard let gradient else { preconditionFailure("no gradient is kept here") }
    return gradient.address + lane.place * laneByteCount
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
