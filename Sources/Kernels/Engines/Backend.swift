import Foundation

/// What computes convolutions and matrix products.
package protocol Backend: Sendable {
  /// The library with its version and what it uses of the CPU.
  var name: String { get }

  func supports(_ precision: Precision) -> Bool

  /// The order of all activations of a network that is fastest for its convolutions: there is fast code for a convolution
  /// only between activations of one order.
  /// - Parameter filters: Output channels of every convolution.
  func order(filters: [Int], precision: Precision) -> ActivationOrder

  /// - Parameters:
  ///   - laneImages: Images of each lane, the same in every call.
  ///   - lanes: How many lanes there are: numbers 0 ..< `lanes`, each used by one thread at a time, all at the same
  ///     time.
  ///   - directions: What it will be used for; `forward` is among them.
  /// - Precondition: `input` and `output` have the channels, height and width of `geometry`.
  /// - Throws: `KernelError` where the backend cannot compute this convolution.
  func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
    precision: Precision, directions: ConvolutionDirections
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

/// What a convolution computes.
package struct ConvolutionDirections: OptionSet, Hashable, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  /// The output.
  package static let forward = ConvolutionDirections(rawValue: 1)
  /// The gradient of the input, which a network's first layer never needs.
  package static let backwardInput = ConvolutionDirections(rawValue: 2)
  /// The gradients of weights and bias.
  package static let backwardWeights = ConvolutionDirections(rawValue: 4)
}

/// One convolution layer's arithmetic. Activations are [laneImages, ...] in the shapes and precision given when it was
/// made, pointers are to a lane's first image, and everything runs on the calling thread. Each lane is used by one
/// thread at a time; `loadWeights` and `reduceWeightGradients` run while no lane does.
/// Its description names the code that computes each direction, for people who look into its speed.
package protocol Convolution: AnyObject, Sendable, CustomStringConvertible {
  /// Takes over the weights, [out, in, kernel, kernel], and the bias, [out]; once a step, before `forward`.
  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?)

  /// Overwrites `output`.
  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer)

  /// Overwrites `inputGradient`.
  /// - Precondition: made for `backwardInput`.
  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer)

  /// Overwrites the lane's own weight and bias gradients, summed over its images.
  /// - Precondition: made for `backwardWeights`.
  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer)

  /// Overwrites `weights`, [out, in, kernel, kernel], and `bias`, [out], with the sums of all lanes, added in lane
  /// order.
  func reduceWeightGradients(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?)
}

/// A convolution, batch norm by the running statistics, the sum with a residual, ReLU and max pool of 2 x 2 windows, each
/// of the last three where asked for: what a network that only reads computes at once. Runs on the calling thread.
/// Its description is as that of a convolution.
package protocol NormalizedConvolution: AnyObject, Sendable, CustomStringConvertible {
  /// Takes over the weights, [out, in, kernel, kernel], the bias, [out], and what the batch norm was given before by
  /// `useRunningStatistics`; runs while no thread reads.
  func load(weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?)

  /// Overwrites `output`, which overlaps neither `input` nor `residual`.
  /// - Precondition: `residual` is given just where the batch norm has one.
  func forward(input: UnsafeRawPointer, residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer)
}

/// Where arithmetic may come from, the fastest first.
package enum BackendName: String, CaseIterable, Sendable {
  /// oneDNN, where it has fast code for this CPU.
  case oneDNN = "onednn"
  case blas
  /// Plain Swift.
  case plain

  /// nil where this machine, or this program, lacks the library.
  package func makeBackend() -> (any Backend)? {
    switch self {
    case .oneDNN:
      #if OneDNN
        OneDNNLibrary().map { LibraryBackend($0) }
      #else
        nil
      #endif
    case .blas: BLASLibrary.loaded.map { LibraryBackend($0) }
    case .plain: PlainBackend()
    }
  }
}

/// The fastest backend of this machine, or the one that the environment variable `GLYPHLINE_BACKEND` names.
/// - Throws: `KernelError.noBackend` where that is unknown, or not to be had here.
package func makeBackend() throws(KernelError) -> any Backend {
  guard let name = ProcessInfo.processInfo.environment["GLYPHLINE_BACKEND"] else {
    return BackendName.allCases.lazy.compactMap { $0.makeBackend() }.first ?? PlainBackend()
  }
  guard let backend = BackendName(rawValue: name)?.makeBackend() else { throw .noBackend(named: name) }
  return backend
}
