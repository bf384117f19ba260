import Ranks

/// Batch normalisation with what follows it, each direction in two passes over memory (Ioffe and Szegedy, "Batch
/// normalization", 2015; constants and running statistics as PyTorch's BatchNorm2d):
///
///     z = gamma * (x - mean) / sqrt(variance + epsilon) + beta      for each channel, over images and pixels
///     y = relu(dropout(z) + residual)                               dropout, residual and ReLU as the layer has them
///
/// Training forward: `sumInput` for every lane, `finishStatistics` once, `apply` for every lane. Backward:
/// `sumGradients` for every lane, `finishGradients` once, `backward` for every lane. Inference: `useRunningStatistics`
/// once, then `apply`. Lanes run at the same time, each on one thread; their sums are added up as `LaneSums` does.
///
/// Memory: the caller owns the activations, and keeps `input` and (with a ReLU) `output` for the backward passes, which
/// overwrite the gradient of y. This object owns statistics and sums. Nothing is allocated after `init`.
// SAFETY: a lane writes only its own sums; the statistics change only in the calls between the lanes' passes.
package final class BatchNorm: @unchecked Sendable {
  package let shape: ActivationShape
  package let precision: Precision
  package let hasReLU: Bool
  package let hasResidual: Bool

  /// Added to the variance (PyTorch's default).
  package static let epsilon = 1e-5
  /// The weight of a new batch in the running statistics (PyTorch's default).
  package static let momentum = 0.1

  private let buffer: AlignedBuffer
  /// Per channel: the batch's statistics.
  let mean: UnsafeMutablePointer<Float>
  let inverseDeviation: UnsafeMutablePointer<Float>
  /// Per channel: z = scale * x + shift.
  let scale: UnsafeMutablePointer<Float>
  let shift: UnsafeMutablePointer<Float>
  /// Per channel: dx = gradientScale * dz + slope * (x - mean) + intercept.
  let gradientScale: UnsafeMutablePointer<Float>
  let slope: UnsafeMutablePointer<Float>
  let intercept: UnsafeMutablePointer<Float>
  /// Two sums of each channel: [2, channels].
  private let sums: LaneSums

  package init(shape: ActivationShape, precision: Precision, hasReLU: Bool, hasResidual: Bool, lanes: Partition) {
    self.shape = shape
    self.precision = precision
    self.hasReLU = hasReLU
    self.hasResidual = hasResidual
    let channels = shape.channels
    buffer = AlignedBuffer(Float.self, count: 7 * channels)
    let first = buffer.pointer(to: Float.self)
    (mean, inverseDeviation, scale, shift) = (first, first + channels, first + 2 * channels, first + 3 * channels)
    (gradientScale, slope, intercept) = (first + 4 * channels, first + 5 * channels, first + 6 * channels)
    sums = LaneSums(count: 2 * channels, lanes: lanes)
  }

  /// Two sums of each channel: [2, channels].
  func sums(lane: Int) -> UnsafeMutablePointer<Double> { sums.lane(lane) }

  /// Turns the lanes' sums into the batch's statistics, and moves the running ones toward them.
  /// - Parameters:
  ///   - images: Images of all lanes together.
  ///   - gamma, beta: [channels]
  ///   - runningMean, runningVariance: [channels]; before the call, `runningMean` has the values that `sumInput` was given
  ///     as `center`.
  package func finishStatistics(
    images: Int, gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, runningMean: UnsafeMutablePointer<Float>,
    runningVariance: UnsafeMutablePointer<Float>
  ) {
    let count = Double(images * shape.pixelCount)
    let total = sums.total()
    for channel in 0..<shape.channels {
      let (sum, sumOfSquares) = (total[channel], total[shape.channels + channel])
      let center = Double(runningMean[channel])
      let offset = sum / count
      let variance = max(0, sumOfSquares / count - offset * offset)
      let unbiased = count > 1 ? variance * count / (count - 1) : variance
      setStatistics(channel, mean: center + offset, variance: variance, gamma: gamma[channel], beta: beta[channel])
      runningMean[channel] = Float(center + Self.momentum * offset)
      let running = Double(runningVariance[channel])
      runningVariance[channel] = Float(running + Self.momentum * (unbiased - running))
    }
  }

  /// Prepares `apply` for inference. All parameters are [channels].
  package func useRunningStatistics(
    gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, runningMean: UnsafePointer<Float>,
    runningVariance: UnsafePointer<Float>
  ) {
    for channel in 0..<shape.channels {
      setStatistics(
        channel, mean: Double(runningMean[channel]), variance: Double(runningVariance[channel]), gamma: gamma[channel],
        beta: beta[channel])
    }
  }

  private func setStatistics(_ channel: Int, mean: Double, variance: Double, gamma: Float, beta: Float) {
    let inverseDeviation = 1 / (variance + Self.epsilon).squareRoot()
    let scale = Double(gamma) * inverseDeviation
    self.mean[channel] = Float(mean)
    self.inverseDeviation[channel] = Float(inverseDeviation)
    self.scale[channel] = Float(scale)
    shift[channel] = Float(Double(beta) - mean * scale)
  }

  /// Turns the lanes' sums into the gradients of gamma and beta, [channels] each and overwritten, and prepares
  /// `backward`.
  /// - Parameter images: Images of all lanes together.
  package func finishGradients(
    images: Int, gamma: UnsafePointer<Float>, gammaGradient: UnsafeMutablePointer<Float>,
    betaGradient: UnsafeMutablePointer<Float>
  ) {
    let count = Double(images * shape.pixelCount)
    let total = sums.total()
    for channel in 0..<shape.channels {
      let (sum, sumOfProducts) = (total[channel], total[shape.channels + channel])
      let inverseDeviation = Double(inverseDeviation[channel])
      let scale = Double(gamma[channel]) * inverseDeviation
      gammaGradient[channel] = Float(sumOfProducts * inverseDeviation)
      betaGradient[channel] = Float(sum)
      gradientScale[channel] = Float(scale)
      slope[channel] = Float(-scale * inverseDeviation * inverseDeviation * sumOfProducts / count)
      intercept[channel] = Float(-scale * sum / count)
    }
  }
}
