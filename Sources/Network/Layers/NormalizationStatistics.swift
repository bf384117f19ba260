import Kernels

/// A batch norm with its parameters: what all layers that normalise do alike.
struct NormalizationStatistics: Sendable {
  let norm: BatchNorm
  let gamma: ParameterMemory
  let beta: ParameterMemory
  let runningMean: ParameterMemory
  let runningVariance: ParameterMemory

  /// The statistics of `input`, of this batch or the running ones: what must be ready before they are applied.
  func forward(of input: Activation, lanes: Lanes, isTraining: Bool) -> [Phase] {
    guard isTraining else { return [.prepare(useRunning)] }
    return [
      .lanes { lane in
        norm.sumInput(
          lane: lane.number, input: input.values(lane: lane), images: lanes.images, center: runningMean.values)
      },
      .once {
        norm.finishStatistics(
          images: lanes.count * lanes.images, gamma: gamma.values, beta: beta.values, runningMean: runningMean.values,
          runningVariance: runningVariance.values)
      },
    ]
  }

  /// Prepares the batch norm for networks that only read.
  @Sendable func useRunning() {
    norm.useRunningStatistics(
      gamma: gamma.values, beta: beta.values, runningMean: runningMean.values, runningVariance: runningVariance.values)
  }

  /// The gradients of gamma and beta, from the sums of all lanes.
  func finishGradients(lanes: Lanes) -> Phase {
    .once {
      norm.finishGradients(
        images: lanes.count * lanes.images, gamma: gamma.values, gammaGradient: gamma.gradient,
        betaGradient: beta.gradient)
    }
  }
}
