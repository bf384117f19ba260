import Kernels

/// Batch norm and what follows it in the same pass over memory: dropout, the sum with a shortcut, ReLU.
struct NormalizationLayer: Layer {
  private let statistics: NormalizationStatistics
  private let input: Activation
  let output: Activation
  private let shortcut: ShortcutLayer?
  private let dropout: Dropout?
  private let lanes: Lanes
  private let isTraining: Bool

  init(
    statistics: NormalizationStatistics, input: Activation, output: Activation, shortcut: ShortcutLayer?,
    dropout: Dropout?, lanes: Lanes, isTraining: Bool
  ) {
    self.statistics = statistics
    self.input = input
    self.output = output
    self.shortcut = shortcut
    self.dropout = dropout
    self.lanes = lanes
    self.isTraining = isTraining
  }

  private var norm: BatchNorm { statistics.norm }

  var forward: [Phase] {
    statistics.forward(of: input, lanes: lanes, isTraining: isTraining) + [
      .lanes { lane in
        norm.apply(
          input: input.values(lane: lane), residual: shortcut?.source.values(lane: lane),
          output: output.values(lane: lane), images: lanes.images, dropout: isTraining ? dropout?.mask : nil,
          firstImage: lane.number * lanes.images)
      }
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        norm.sumGradients(
          lane: lane.number, gradient: output.gradient(lane: lane), output: output.values(lane: lane),
          input: input.values(lane: lane), images: lanes.images,
          residualGradient: shortcut?.residualGradient(lane: lane), dropout: dropout?.mask,
          firstImage: lane.number * lanes.images)
      },
      statistics.finishGradients(lanes: lanes),
      .lanes { lane in
        guard input.gradient != nil else { return }
        norm.backward(
          gradient: output.gradient(lane: lane), input: input.values(lane: lane),
          inputGradient: input.gradient(lane: lane), images: lanes.images)
      },
    ]
  }
}

/// The masks of one dropout layer.
struct Dropout: Sendable {
  let rate: Double
  /// Its number among the dropout layers of the network.
  let number: Int
  let state: StepState

  /// The mask of the current step.
  var mask: DropoutMask {
    DropoutMask(
      seed: state.dropoutSeed, step: UInt32(truncatingIfNeeded: state.step), layer: UInt32(number), rate: Float(rate))
  }
}
