import Kernels

/// Where a residual block begins: its activation goes both into the block and, untouched, to the sum at its end. Forward
/// there is nothing to do; backward the gradients of both ways are added.
struct ShortcutLayer: Layer {
  let source: Activation
  /// What the sum at the end of the block gives back; nil where nothing is learned.
  private let residual: Activation?
  private let precision: Precision
  private let lanes: Lanes

  init(source: Activation, precision: Precision, lanes: Lanes, isTraining: Bool) {
    self.source = source
    self.precision = precision
    self.lanes = lanes
    residual = isTraining ? Activation(source.shape, precision: precision, lanes: lanes, gradient: .none) : nil
  }

  func residualGradient(lane: Lane) -> UnsafeMutableRawPointer {
    guard let residual else { preconditionFailure("no gradient is kept here") }
    return residual.values(lane: lane)
  }

  var forward: [Phase] { [] }

  var backward: [Phase] {
    [
      .lanes { lane in
        accumulate(
          residualGradient(lane: lane), into: source.gradient(lane: lane),
          count: lanes.images * source.shape.elementCount, precision: precision)
      }
    ]
  }
}
