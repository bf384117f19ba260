#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The matrix products of a BLAS, which exists for every CPU: OpenBLAS, or Accelerate on Apple's systems. It is loaded when
/// the program first needs it, so the program also runs without one.
struct BLASBackend: LibraryBackend {
  /// `cblas_sgemm` (BLAS Technical Forum Standard, 2001, appendix B), with 32-bit integers.
  fileprivate typealias Product =
    @convention(c) (
      _ order: Int32, _ transposeA: Int32, _ transposeB: Int32, _ m: Int32, _ n: Int32, _ k: Int32, _ alpha: Float,
      _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>, _ ldb: Int32, _ beta: Float,
      _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
    ) -> Void

  let name: String
  let scratch = ScratchMemory()
  private let product: Product

  /// The first that this system has; nil where it has none.
  static let loaded: BLASBackend? = fileNames.lazy.compactMap { BLASBackend(fileName: $0) }.first

  #if canImport(Darwin)
    private static let fileNames = ["/System/Library/Frameworks/Accelerate.framework/Accelerate"]
  #else
    private static let fileNames = ["libopenblas.so.0", "libopenblas.so"]
  #endif

  private init?(fileName: String) {
    // Stays loaded for as long as the program runs.
    guard let library = dlopen(fileName, RTLD_NOW | RTLD_LOCAL), let product = dlsym(library, "cblas_sgemm") else {
      return nil
    }
    self.product = unsafeBitCast(product, to: Product.self)
    // The lanes already keep the cores busy.
    if let setThreads = dlsym(library, "openblas_set_num_threads") {
      unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self)(1)
    }
    name = Self.openBLASName(library) ?? "Accelerate"
  }

  /// OpenBLAS with its version and the CPU that its code is for; nil for another library.
  private static func openBLASName(_ library: UnsafeMutableRawPointer) -> String? {
    func text(_ function: String) -> String? {
      guard let address = dlsym(library, function) else { return nil }
      return unsafeBitCast(address, to: (@convention(c) () -> UnsafePointer<CChar>?).self)().map { String(cString: $0) }
    }
    guard let configuration = text("openblas_get_config") else { return nil }
    let version = configuration.split(separator: " ").prefix(2).joined(separator: " ")
    return text("openblas_get_corename").map { "\(version), \($0.lowercased())" } ?? version
  }

  func supports(_ precision: Precision) -> Bool { precision == .float32 }

  func order(filters: [Int], precision: Precision) -> ActivationOrder { .channelsLast }

  func makeLibraryProduct(_ shape: MatrixProductShape, precision: Precision) throws(KernelError) -> any MatrixProduct {
    guard supports(precision) else { throw .unsupportedPrecision(precision, backend: name) }
    return BLASMatrixProduct(shape: shape, product: product)
  }
}

private struct BLASMatrixProduct: MatrixProduct {
  let shape: MatrixProductShape
  let product: BLASBackend.Product

  var description: String { "sgemm" }

  func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
    let (a, b) = (a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self))
    // The numbers of `CblasRowMajor`, `CblasTrans` and `CblasNoTrans`.
    let (rowMajor, transposed, plain): (Int32, Int32, Int32) = (101, 112, 111)
    for number in 0..<shape.count {
      product(
        rowMajor, shape.transposesA ? transposed : plain, shape.transposesB ? transposed : plain, Int32(shape.m),
        Int32(shape.n),
        Int32(shape.k), 1, a + number * shape.strideOfA, Int32(shape.lda), b + number * shape.strideOfB,
        Int32(shape.ldb), shape.accumulates ? 1 : 0, c + number * shape.strideOfC, Int32(shape.ldc))
    }
  }
}
