import Kernels

/// The output of one layer, [image][channel / block][row][column][block], and the gradient of the loss with respect to
/// it. It has the whole mini-batch in training, and the lanes in progress in inference.
final class Activation: Sendable {
  let shape: ActivationShape
  let values: AlignedBuffer
  /// nil where nothing before it has parameters to train.
  let gradient: AlignedBuffer?
  private let keepsGradient: Bool
  private let laneByteCount: Int
  fileprivate let precision: Precision

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
    /// Of the lanes in progress: the next phase reads it while it is in the cache.
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
}

/// Flat 32-bit features of the whole mini-batch, [image][feature], with their gradient.
struct Features: Sendable {
  let count: Int
  let lanes: Lanes
  let values: AlignedBuffer
  let gradient: AlignedBuffer

  func values(lane: Lane) -> UnsafeMutablePointer<Float> { values.floats + lane.number * lanes.images * count }
  func gradient(lane: Lane) -> UnsafeMutablePointer<Float> { gradient.floats + lane.number * lanes.images * count }
}

typealias ModuleOutput = LayerOutput<Activation, Features>

extension ModuleOutput {
  var isFinite: Bool {
    let (values, precision) =
      switch self {
      case .planes(let activation): (activation.values, activation.precision)
      case .features(let features): (features.values, Precision.float32)
      }
    return areFinite(values.address, count: values.byteCount / precision.byteCount, precision: precision)
  }
}

/// The work of one fused pass, with its memory.
struct Module: Sendable {
  let output: ModuleOutput
  /// Reads the input and writes the output.
  let forward: [Phase]
  /// Reads the output's gradient; overwrites the input's gradient and those of the parameters.
  let backward: [Phase]
}
