import Kernels

/// Matrix products by the reference, in both precisions: with them, what stands above a library's products is tested on every
/// CPU, in bfloat16 too.
struct PlainProducts: LibraryBackend {
  let scratch = ScratchMemory()

  var name: String { "plain products" }

  func supports(_ precision: Precision) -> Bool { true }

  func order(filters: [Int], precision: Precision) -> ActivationOrder { .channelsLast }

  func makeLibraryProduct(_ shape: MatrixProductShape, precision: Precision) -> any MatrixProduct {
    PlainBackend().makeMatrixProduct(shape, precision: precision)
  }

  func makeLoadedProducts(
    _ shape: MatrixProductShape, precision: Precision, threadCount: Int
  ) -> any LoadedProducts {
    PlainLoadedProducts(makeLibraryProduct(shape, precision: precision), shape, precision)
  }
}

// SAFETY: B changes only in `load`, which runs while no product does; the reference keeps nothing from run to run.
private final class PlainLoadedProducts: LoadedProducts, @unchecked Sendable {
  private let product: any MatrixProduct
  private let b: TestBuffer
  private let count: Int
  private let precision: Precision

  init(_ product: any MatrixProduct, _ shape: MatrixProductShape, _ precision: Precision) {
    self.product = product
    self.precision = precision
    count = shape.count * shape.k * shape.n
    b = TestBuffer(byteCount: count * precision.byteCount)
  }

  var description: String { product.description }

  func load(_ b: UnsafePointer<Float>) {
    for index in 0..<count {
      switch precision {
      case .float32: self.b.pointer(to: Float.self)[index] = b[index]
      case .bfloat16: self.b.pointer(to: BFloat16.self)[index] = BFloat16(b[index])
      }
    }
  }

  func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) { product.run(a: a, b: b.address, c: c) }
}
