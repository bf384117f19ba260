import Kernels
import Testing

@Suite struct MatrixProductTests {
  /// The factors are bfloat16 numbers, so both precisions give the same products.
  @Test(
    arguments: [(1, 1, 1), (3, 5, 7), (4, 6, 77), (16, 33, 20), (17, 3, 40)] as [(Int, Int, Int)],
    [(false, false), (false, true), (true, false), (true, true)] as [(Bool, Bool)])
  func everyBackendComputesTheFormula(_ size: (m: Int, n: Int, k: Int), _ transpose: (a: Bool, b: Bool)) throws {
    let (m, n, k) = size
    for accumulates in [false, true] {
      let shape = MatrixProductShape(
        transposesA: transpose.a, transposesB: transpose.b, m: m, n: n, k: k, lda: (transpose.a ? m : k) + 2,
        ldb: (transpose.b ? k : n) + 1, ldc: n + 3, accumulates: accumulates)
      let a = randomValues(count: (transpose.a ? k : m) * shape.lda, seed: 1)
      let b = randomValues(count: (transpose.b ? n : k) * shape.ldb, seed: 2)
      let c = randomValues(count: m * shape.ldc, seed: 3)
      var expected = c
      for row in 0..<m {
        for column in 0..<n {
          let sum = (0..<k).reduce(0.0) { sum, inner in
            sum + (transpose.a ? a[inner * shape.lda + row] : a[row * shape.lda + inner])
              * (transpose.b ? b[column * shape.ldb + inner] : b[inner * shape.ldb + column])
          }
          expected[row * shape.ldc + column] = sum + (accumulates ? c[row * shape.ldc + column] : 0)
        }
      }
      for backend in ConvolutionTests.backends {
        for precision in Precision.allCases
        where backend.supports(precision) && !(accumulates && precision == .bfloat16) {
          let result = TestBuffer(floats: c)
          if !accumulates {
            for row in 0..<m { for column in 0..<n { result.pointer(to: Float.self)[row * shape.ldc + column] = .nan } }
          }
          try backend.makeMatrixProduct(shape, precision: precision).run(
            a: stored(a, precision), b: stored(b, precision), c: result.pointer(to: Float.self))
          #expect(relativeError(result.floats, expected) < 1e-5, "\(backend.name), \(precision), \(shape)")
        }
      }
    }
  }

  private func stored(_ values: [Double], _ precision: Precision) -> UnsafeRawPointer {
    let floats = TestBuffer(floats: values)
    guard precision == .bfloat16 else { return UnsafeRawPointer(floats.address) }
    let rounded = TestBuffer(BFloat16.self, count: values.count)
    roundToBFloat16(
      floats.pointer(to: Float.self), count: values.count, into: rounded.pointer(to: BFloat16.self))
    return UnsafeRawPointer(rounded.address)
  }
}
