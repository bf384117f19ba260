/// A library that multiplies matrices, and computes convolutions where it has fast code for them.
package protocol ComputeLibrary: Sendable {
  /// The library with its version and what it uses of the CPU.
  var name: String { get }

  func supports(_ precision: Precision) -> Bool

  /// As `Backend.order`.
  func order(filters: [Int], precision: Precision) -> ActivationOrder

  /// - Precondition: in bfloat16, the shape has one product, which does not accumulate.
  /// - Throws: `KernelError` where the library lacks the product.
  func makeMatrixProduct(_ shape: MatrixProductShape, precision: Precision) throws(KernelError) -> any MatrixProduct

  /// Products C = A B whose B is loaded beforehand, for up to `threadCount` threads at a time.
  /// - Parameters:
  ///   - shape: Without gaps between rows, and without transposed matrices.
  ///   - precision: Of A.
  /// - Throws: `KernelError` where the library lacks the product.
  func makeLoadedProducts(
    _ shape: MatrixProductShape, precision: Precision, threadCount: Int
  ) throws(KernelError) -> any LoadedProducts

  /// The library's own convolution, in those of `directions` for which it has fast code in these layouts.
  /// - Returns: nil where it has none.
  /// - Throws: `KernelError` where it has one and cannot make it.
  func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: ConvolutionDirections
  ) throws(KernelError) -> (convolution: any Convolution, directions: ConvolutionDirections)?
}

extension ComputeLibrary {
  /// With B copied in its own order.
  package func makeLoadedProducts(
    _ shape: MatrixProductShape, precision: Precision, threadCount: Int
  ) throws(KernelError) -> any LoadedProducts {
    guard precision == .float32 else { throw .unsupportedPrecision(precision, backend: name) }
    var products: [any MatrixProduct] = []
    for _ in 0..<threadCount { products.append(try makeMatrixProduct(shape, precision: .float32)) }
    return CopiedProducts(shape, products)
  }

  package func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: ConvolutionDirections
  ) -> (convolution: any Convolution, directions: ConvolutionDirections)? { nil }
}
