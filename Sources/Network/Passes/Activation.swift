import Kernels

/// What one layer gives the next, [image][channel / block][row][column][block], of the whole mini-batch in training, in
/// inference of the lanes that are at work; and the gradient of the loss with respect to it.
final class Activation: Sendable {
  let shape: ActivationShape
  let values: AlignedBuffer
  /// nil where nothing below it has parameters to train.
  let gradient: AlignedBuffer?
  private let keepsGradient: Bool
  private let laneByteCount: Int
  private let precision: Precision

  init(_ shape: ActivationShape, precision: Precision, lanes: Lanes, gradient: GradientStorage) {
    self.shape = shape
    self.precision = precision
    laneByteCount = lanes.images * shape.elementCount * precision.byteCount
    values = AlignedBuffer(byteCount: laneByteCount * lanes.slotCount)
    keepsGradient = gradient == .kept
    switch gradient {
    case .none: self.gradient = nil
    case .passing: self.gradient = AlignedBuffer(byteCount: laneByteCount * lanes.workerCount)
    case .kept: self.gradient = AlignedBuffer(byteCount: laneByteCount * lanes.slotCount)
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
  func values(lane: Lane) -> UnsafeMutableRawPointer { values.address + lane.slot * laneByteCount }

  func gradient(lane: Lane) -> UnsafeMutableRawPointer {
    guard let gradient else { preconditionFailure("no gradient is kept here") }
    return gradient.address + (keepsGradient ? lane.slot : lane.worker) * laneByteCount
  }

  var isFinite: Bool {
    areFinite(values.address, count: values.byteCount / precision.byteCount, precision: precision)
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

  var isFinite: Bool {
    areFinite(values.address, count: values.byteCount / Precision.float32.byteCount, precision: .float32)
  }
}

/// What a module gives the next: image planes, or flat features once a layer has taken those.
enum ModuleOutput: Sendable {
  case planes(Activation)
  case features(Features)

  var isFinite: Bool {
    switch self {
    case .planes(let activation): activation.isFinite
    case .features(let features): features.isFinite
    }
  }
}

/// What runs in one pass, with its memory.
struct Module: Sendable {
  let output: ModuleOutput
  /// Reads the input and writes the output.
  let forward: [Phase]
  /// Reads the gradient of the output, writes that of the input, in both cases overwriting what was there, and the
  /// gradients of the parameters.
  let backward: [Phase]
}
