/// What computes convolutions and matrix products.
package protocol Backend: Sendable {
  /// The library with its version and what it uses of the CPU.
  var name: String { get }

  func supports(_ precision: Precision) -> Bool

  /// The `ActivationShape.block` that is fastest for `channels` channels; it divides `channels`.
  func preferredBlock(channels: Int, precision: Precision) -> Int

  /// - Parameters:
  ///   - laneImages: Images of each lane, the same in every call.
  ///   - lanes: How many lanes there are: numbers 0 ..< `lanes`, each used by one thread at a time, all at the same
  ///     time.
  ///   - training: False leaves out both backward passes.
  ///   - needsInputGradient: False leaves out `backwardInput`, which a network's first layer never needs.
  /// - Precondition: `input` and `output` have the channels, height and width of `geometry`.
  /// - Throws: `KernelError` where the backend cannot compute this convolution.
  func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
    precision: Precision, training: Bool, needsInputGradient: Bool
  ) throws(KernelError) -> any Convolution

  /// A convolution with what follows it in a network that only reads.
  /// - Parameters:
  ///   - norm: Of the convolution's output; decides the precision.
  ///   - pools: A max pool of 2 x 2 windows follows.
  ///   - laneImages: Images of a call.
  ///   - lanes: How many calls there are, at least, for one `load`.
  ///   - threadCount: The most threads that use it at a time.
  /// - Returns: nil where one pass after the other is as fast.
  /// - Throws: `KernelError` where the backend cannot compute this convolution.
  func makeNormalizedConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int, lanes: Int,
    threadCount: Int
  ) throws(KernelError) -> (any NormalizedConvolution)?

  /// - Parameter precision: Of A and B.
  /// - Precondition: a product that accumulates is of float32 numbers.
  /// - Throws: `KernelError` where the backend cannot compute this product.
  func makeMatrixProduct(
    _ shape: MatrixProductShape, precision: Precision
  ) throws(KernelError) -> any MatrixProduct
}

/// One convolution layer's arithmetic. Activations are [laneImages, ...] in the shapes and precision given when it was
/// made, pointers are to a lane's first image, and everything runs on the calling thread. Each lane is used by one
/// thread at a time; `loadWeights` and `reduceWeightGradients` run while no lane does.
package protocol Convolution: AnyObject, Sendable {
  /// Takes over the weights, [out, in, kernel, kernel], and the bias, [out]; once a step, before `forward`.
  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?)

  /// Overwrites `output`.
  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer)

  /// Overwrites `inputGradient`.
  /// - Precondition: made with `training` and `needsInputGradient`.
  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer)

  /// Overwrites the lane's own weight and bias gradients, summed over its images.
  /// - Precondition: made with `training`.
  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer)

  /// Overwrites `weights`, [out, in, kernel, kernel], and `bias`, [out], with the sums of all lanes, added in lane
  /// order.
  func reduceWeightGradients(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?)
}

/// A convolution, batch norm by the running statistics, the sum with a residual, ReLU and max pool of 2 x 2 windows, each
/// of the last three where asked for: what a network that only reads computes at once. Runs on the calling thread.
package protocol NormalizedConvolution: AnyObject, Sendable {
  /// Takes over the weights, [out, in, kernel, kernel], the bias, [out], and what the batch norm was given before by
  /// `useRunningStatistics`; runs while no thread reads.
  func load(weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?)

  /// Overwrites `output`, which overlaps neither `input` nor `residual`.
  /// - Precondition: `residual` is given just where the batch norm has one.
  func forward(input: UnsafeRawPointer, residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer)
}

/// oneDNN where the program was built with it, else plain Swift.
package func makeBackend() -> any Backend {
  #if OneDNN
    if let backend = OneDNNBackend() { return backend }
  #endif
  return PlainBackend()
}
