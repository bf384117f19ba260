import Kernels

/// The kernel and parameters of a batch norm, for all passes that normalise.
struct NormalizationStatistics: Sendable {
  let norm: BatchNorm
  let gamma: ParameterMemory
  let beta: ParameterMemory
  let runningMean: ParameterMemory
  let runningVariance: ParameterMemory

  /// - Parameter shape: Of the batch norm's input.
  init(_ pass: FusedPass, shape: ActivationShape, in builder: ModuleBuilder) {
    norm = BatchNorm(
      shape: shape, precision: builder.precision, hasReLU: pass.hasReLU, hasResidual: pass.adds,
      lanes: builder.lanes.partition)
    let parameters = builder.memory(of: pass.layer)
    (gamma, beta, runningMean, runningVariance) = (parameters[0], parameters[1], parameters[2], parameters[3])
  }

  /// Computes the statistics to normalise with: those of `input` in training, else the running ones.
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

  /// Prepares the batch norm for inference.
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
