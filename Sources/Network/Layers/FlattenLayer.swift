import Kernels

/// Image planes to flat 32-bit features in the order channel, row, column, which is the order of the weights of a linear
/// layer whatever order the kernels keep the planes in.
struct FlattenLayer: Layer {
  private let flatten: Flatten
  private let input: Activation
  private let output: Features
  private let lanes: Lanes

  init(flatten: Flatten, input: Activation, output: Features, lanes: Lanes) {
    self.flatten = flatten
    self.input = input
    self.output = output
    self.lanes = lanes
  }

  var forward: [Phase] {
    [
      .lanes { lane in
        flatten.forward(input: input.values(lane: lane), output: output.values(lane: lane), images: lanes.images)
      }
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        guard input.gradient != nil else { return }
        flatten.backward(
          outputGradient: output.gradient(lane: lane), inputGradient: input.gradient(lane: lane), images: lanes.images)
      }
    ]
  }
}
