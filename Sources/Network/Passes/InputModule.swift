import Kernels
import Samples

/// Converts pixels to activations, 1 - pixel / 255: dark strokes become large, the light background small.
// SAFETY: `images` is set before a pass and cleared after it; in between, the lanes only read it.
final class InputModule: @unchecked Sendable {
  let output: Activation
  /// [batch, height, width, channel], valid for the length of a pass.
  var images: UnsafePointer<UInt8>?
  private let precision: Precision
  private let lanes: Lanes

  init(geometry: Geometry, order: ActivationOrder, precision: Precision, lanes: Lanes) {
    self.precision = precision
    self.lanes = lanes
    output = Activation(
      order.shape(channels: geometry.format.rawValue, height: geometry.height, width: geometry.width),
      precision: precision, lanes: lanes, gradient: .none)
  }

  func run(lane: Lane) {
    guard let images else { preconditionFailure("a pass has images") }
    preprocess(
      pixels: images + lane.number * lanes.images * output.shape.elementCount, images: lanes.images,
      output: output.values(lane: lane), shape: output.shape, precision: precision)
  }
}
