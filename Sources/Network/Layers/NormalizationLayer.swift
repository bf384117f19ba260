import Kernels

/// Batch norm and what follows it in the same pass over memory: dropout, the sum with a shortcut, ReLU.
struct NormalizationLayer: Layer {
  private let norm: BatchNorm
  private let input: Activation
  let output: Activation
  private let shortcut: ShortcutLayer?
  private let memory: Memory
  private let dropout: Dropout?
  private let lanes: Lanes
  private let isTraining: Bool

  struct Memory: Sendable {
    let gamma: ParameterMemory
    let beta: ParameterMemory
    let runningMean: ParameterMemory
    let runningVariance: ParameterMemory
  }

  init(
    norm: BatchNorm, input: Activation, output: Activation, shortcut: ShortcutLayer?, memory: Memory, dropout: Dropout?,
    lanes: Lanes, isTraining: Bool
  ) {
    self.norm = norm
    self.input = input
    self.output = output
    self.shortcut = shortcut
    self.memory = memory
    self.dropout = dropout
    self.lanes = lanes
    self.isTraining = isTraining
  }

  var forward: [Phase] {
    let apply = Phase.lanes { lane in
      norm.apply(
        input: input.values(lane: lane), residual: shortcut?.source.values(lane: lane),
        output: output.values(lane: lane), images: lanes.images, dropout: isTraining ? dropout?.mask : nil,
        firstImage: lane * lanes.images)
    }
    guard isTraining else {
      return [
        .prepare {
          norm.useRunningStatistics(
            gamma: memory.gamma.values, beta: memory.beta.values, runningMean: memory.runningMean.values,
            runningVariance: memory.runningVariance.values)
        },
        apply,
      ]
    }
    return [
      .lanes { lane in
        norm.sumInput(
          lane: lane, input: input.values(lane: lane), images: lanes.images, center: memory.runningMean.values)
      },
      .once {
        norm.finishStatistics(
          images: lanes.count * lanes.images, gamma: memory.gamma.values, beta: memory.beta.values,
          runningMean: memory.runningMean.values, runningVariance: memory.runningVariance.values)
      },
      apply,
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        norm.sumGradients(
          lane: lane, gradient: output.gradient(lane: lane), output: output.values(lane: lane),
          input: input.values(lane: lane), images: lanes.images,
          residualGradient: shortcut.map { .overwrite($0.residualGradient(lane: lane)) }, dropout: dropout?.mask,
          firstImage: lane * lanes.images)
      },
      .once {
        norm.finishGradients(
          images: lanes.count * lanes.images, gamma: memory.gamma.values, gammaGradient: memory.gamma.gradient,
          betaGradient: memory.beta.gradient)
      },
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
