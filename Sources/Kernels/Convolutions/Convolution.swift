/// What a convolution computes. The text names it in descriptions of convolutions.
package enum ConvolutionDirection: String, CaseIterable, Sendable {
  /// The output.
  case forward
  /// The gradient of the input, which a network's first layer never needs.
  case backwardInput = "backward input"
  /// The gradients of weights and bias.
  case backwardWeights = "backward weights"
}

/// One convolution layer's arithmetic. Activations are [laneImages, ...] in the shapes and precision given when it was
/// made, pointers are to a lane's first image, and everything runs on the calling thread. Each lane is used by one
/// thread at a time; `loadWeights` runs while no lane does.
/// Its description names the code that computes each direction, for people who look into its speed.
package protocol Convolution: Sendable, CustomStringConvertible {
  /// Copies the weights, [out, in, kernel, kernel], and the bias, [out]; once a step, before `forward`.
  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?)

  /// Overwrites `output`.
  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer)

  /// Overwrites `inputGradient`.
  /// - Precondition: made for `backwardInput`.
  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer)

  /// Overwrites the lane's own weight and bias gradients, summed over its images.
  /// - Precondition: made for `backwardWeights`.
  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer)

  /// Numbers in a lane's weight gradient, at least as many as weights.
  var weightGradientCount: Int { get }

  /// Where `backwardWeights` leaves a lane's gradients.
  /// - Precondition: made for `backwardWeights`.
  func weightGradient(lane: Int) -> WeightGradient

  /// Copies weight gradients, or a sum of them, to [out, in, kernel, kernel].
  /// - Parameter gradient: In the order of `weightGradient`.
  func restore(_ gradient: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>)
}

/// The gradients of a convolution's weights and bias, summed over some images.
package struct WeightGradient {
  /// In an order that the convolution chooses, the same for all lanes.
  package let weights: UnsafeMutableBufferPointer<Float>
  /// [out], or empty without a bias.
  package let bias: UnsafeMutableBufferPointer<Float>

  init(_ weights: AlignedBuffer, bias: AlignedBuffer?) {
    self.weights = weights.allFloats
    self.bias = bias?.allFloats ?? UnsafeMutableBufferPointer(start: nil, count: 0)
  }
}

/// A convolution for inference with what follows it, each part after the batch norm where asked for: batch norm by the
/// running statistics, the sum with a residual, ReLU, and a max pool of 2 x 2 windows. Runs on the calling thread.
/// Its description names the code that computes it.
package protocol NormalizedConvolution: Sendable, CustomStringConvertible {
  /// Copies the weights, [out, in, kernel, kernel], the bias, [out], and the statistics that the batch norm's last
  /// `useRunningStatistics` set; runs while `forward` does not.
  func load(weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?)

  /// Overwrites `output`, which overlaps neither `input` nor `residual`.
  /// - Precondition: `residual` is given exactly if the batch norm has one.
  func forward(input: UnsafeRawPointer, residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer)
}
