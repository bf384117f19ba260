import Kernels
import Samples

/// Converts pixels to activations, 1 - pixel / 255: dark strokes become large, the light background small.
func makeInputModule(
  _ geometry: Geometry, order: ActivationOrder, precision: Precision, lanes: Lanes, state: StepState
) -> Module {
  let output = Activation(
    order.shape(channels: geometry.format.rawValue, height: geometry.height, width: geometry.width),
    precision: precision, lanes: lanes, gradient: .none)
  return Module(
    output: .planes(output),
    forward: [
      .lanes { lane in
        guard let images = state.images else { preconditionFailure("a pass has images") }
        preprocess(
          pixels: images + (lane.number - lanes.own.lowerBound) * lanes.images * geometry.byteCount,
          images: lanes.images,
          output: output.values(lane: lane), shape: output.shape, precision: precision)
      }
    ], backward: [])
}
