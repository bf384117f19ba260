/// Our own code for a convolution's weight gradient, for where a library has none that is fast.
protocol WeightGradient: Sendable {
  /// Overwrites the lane's own gradients, summed over its images.
  func run(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer)

  /// As `Convolution.reduceWeightGradients`.
  func reduce(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?)
}
