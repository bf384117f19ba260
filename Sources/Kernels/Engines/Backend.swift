import Foundation

/// An engine for convolutions and matrix products.
package protocol Backend: Sendable {
  /// The library with its version and what it uses of the CPU.
  var name: String { get }

  func supports(_ precision: Precision) -> Bool

  /// The memory order, the same for all activations of a network, that is fastest for its convolutions. They have fast code
  /// only between activations of one order.
  /// - Parameter filters: Output channels of every convolution.
  func order(filters: [Int], precision: Precision) -> ActivationOrder

  /// - Parameters:
  ///   - laneImages: Images of each lane, the same in every call.
  ///   - laneCount: Lanes that may run at the same time, each on one thread, numbered from 0.
  ///   - directions: What it will compute; `forward` is among them.
  /// - Precondition: `input` and `output` have the channels, height and width of `geometry`.
  /// - Throws: `KernelError` where the backend cannot compute this convolution.
  func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: Set<ConvolutionDirection>
  ) throws(KernelError) -> any Convolution

  /// A convolution for inference, together with what follows it.
  /// - Parameters:
  ///   - norm: The batch norm of the convolution's output; decides the precision.
  ///   - pools: A max pool of 2 x 2 windows follows.
  ///   - laneImages: Images of a call.
  ///   - laneCount: Calls for each `load`, at least.
  ///   - threadCount: Threads that use it at a time, at most.
  /// - Returns: nil where separate passes are as fast.
  /// - Throws: `KernelError` where the backend cannot compute this convolution.
  func makeNormalizedConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int,
    laneCount: Int, threadCount: Int
  ) throws(KernelError) -> (any NormalizedConvolution)?

  /// - Parameter precision: Of A and B.
  /// - Precondition: in bfloat16, the product does not accumulate.
  /// - Throws: `KernelError` where the backend cannot compute this product.
  func makeMatrixProduct(_ shape: MatrixProductShape, precision: Precision) throws(KernelError) -> any MatrixProduct
}

/// The backends that there are, the fastest first.
package enum BackendName: String, CaseIterable, Sendable {
  /// oneDNN, where it has fast code for this CPU.
  case oneDNN = "onednn"
  case blas
  /// Plain Swift.
  case plain

  /// nil where this machine, or this build of the program, lacks the library.
  package func makeBackend() -> (any Backend)? {
    switch self {
    case .oneDNN:
      #if OneDNN
        OneDNNBackend()
      #else
        nil
      #endif
    case .blas: BLASBackend.loaded
    case .plain: PlainBackend()
    }
  }
}

/// The fastest backend of this machine, or the one that the environment variable `GLYPHLINE_BACKEND` names.
/// - Throws: `KernelError.noBackend` where that name is unknown, or the backend is missing here.
package func makeBackend() throws(KernelError) -> any Backend {
  guard let name = ProcessInfo.processInfo.environment["GLYPHLINE_BACKEND"] else {
    return BackendName.allCases.lazy.compactMap { $0.makeBackend() }.first ?? PlainBackend()
  }
  guard let backend = BackendName(rawValue: name)?.makeBackend() else { throw .noBackend(named: name) }
  return backend
}
