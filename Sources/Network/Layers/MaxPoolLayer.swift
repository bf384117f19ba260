import Kernels

/// The largest value of each window; backward, the gradient goes to where it was.
struct MaxPoolLayer: Layer {
  private let pool: MaxPool
  private let input: Activation
  let output: Activation
  /// Where in its window each output came from: [image, output]; nil where nothing is learned.
  private let choices: AlignedBuffer?
  private let lanes: Lanes

  init(pool: MaxPool, input: Activation, output: Activation, lanes: Lanes, isTraining: Bool) {
    self.pool = pool
    self.input = input
    self.output = output
    self.lanes = lanes
    choices =
      isTraining
      ? AlignedBuffer(UInt8.self, count: lanes.count * lanes.images * output.shape.elementCount) : nil
  }

  private func choices(lane: Lane) -> UnsafeMutablePointer<UInt8>? {
    choices.map { $0.pointer(to: UInt8.self) + lane.place * lanes.images * output.shape.elementCount }
  }

  var forward: [Phase] {
    [
      .lanes { lane in
        pool.forward(
          input: input.values(lane: lane), output: output.values(lane: lane), choices: choices(lane: lane),
          images: lanes.images)
      }
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        guard let choices = choices(lane: lane), input.gradient != nil else { return }
        pool.backward(
          outputGradient: output.gradient(lane: lane), choices: choices, inputGradient: input.gradient(lane: lane),
          images: lanes.images)
      }
    ]
  }
}
