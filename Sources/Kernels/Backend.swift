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

/// oneDNN where the program was built with it, else plain Swift.
package func makeBackend() -> any Backend {
  #if OneDNN
    if let backend = OneDNNBackend() { return backend }
  #endif
  return PlainBackend()
}
