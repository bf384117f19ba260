/// A library that multiplies matrices, and computes convolutions where it has fast code for them.
package protocol ComputeLibrary: Sendable {
  /// The library with its version and what it uses of the CPU.
  var name: String { get }

  func supports(_ precision: Precision) -> Bool

  /// As `Backend.order`.
  func order(filters: [Int], precision: Precision) -> ActivationOrder

  /// - Precondition: of bfloat16 numbers, there is one product, which does not accumulate.
  /// - Throws: `KernelError` where the library lacks the product.
  func makeMatrixProduct(_ shape: MatrixProductShape, precision: Precision) throws(KernelError) -> any MatrixProduct

  /// Products C = A B whose B is loaded before, for `threadCount` threads at a time.
  /// - Parameters:
  ///   - shape: Of matrices that lie close together, none of them transposed.
  ///   - precision: Of A.
  /// - Throws: `KernelError` where the library lacks the product.
  func makeLoadedProducts(
    _ shape: MatrixProductShape, precision: Precision, threadCount: Int
  ) throws(KernelError) -> any LoadedProducts

  /// The library's own convolution, in those of `directions` for which it has fast code in this layout.
  /// - Returns: nil where it has none.
  /// - Throws: `KernelError` where it has one and cannot make it.
  func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
    precision: Precision, directions: ConvolutionDirections
  ) throws(KernelError) -> (convolution: any Convolution, directions: ConvolutionDirections)?
}

/// Matrix products of one shape, whose B changes seldom. Their description names the code that computes them.
package protocol LoadedProducts: AnyObject, Sendable, CustomStringConvertible {
  /// Takes over every B: [count, k, n]; runs while no product does.
  func load(_ b: UnsafePointer<Float>)

  /// On the calling thread; on as many at a time as the products were made for.
  /// - Parameters:
  ///   - a: [count, m, k] in the precision that the products were made for.
  ///   - c: [count, m, n]; overwritten.
  func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>)
}

extension ComputeLibrary {
  /// From a copy of B as it is.
  package func makeLoadedProducts(
    _ shape: MatrixProductShape, precision: Precision, threadCount: Int
  ) throws(KernelError) -> any LoadedProducts {
    guard precision == .float32 else { throw .unsupportedPrecision(precision, backend: name) }
    var products: [any MatrixProduct] = []
    for _ in 0..<threadCount { products.append(try makeMatrixProduct(shape, precision: .float32)) }
    return CopiedProducts(shape, products)
  }

  package func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
    precision: Precision, directions: ConvolutionDirections
  ) -> (convolution: any Convolution, directions: ConvolutionDirections)? { nil }
}

/// Products with a copy of B. Float32 alone.
private final class CopiedProducts: LoadedProducts {
  private let b: AlignedBuffer
  private let count: Int
  private let idle: Idle<any MatrixProduct>
  let description: String

  init(_ shape: MatrixProductShape, _ products: [any MatrixProduct]) {
    count = shape.count * shape.k * shape.n
    description = products.first.map { "\($0)" } ?? "none"
    b = AlignedBuffer(Float.self, count: count)
    idle = Idle(products)
  }

  func load(_ b: UnsafePointer<Float>) { self.b.floats.update(from: b, count: count) }

  func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
    idle.lend { product in product.run(a: a, b: b.floats, c: c) }
  }
}
