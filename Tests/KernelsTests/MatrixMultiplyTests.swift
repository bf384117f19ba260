import Kernels
import Testing

@Suite struct MatrixMultiplyTests {
  @Test(arguments: [(1, 1, 1), (3, 5, 7), (16, 33, 20)], [(false, false), (false, true), (true, false), (true, true)])
  func everyBackendComputesTheFormula(_ size: (m: Int, n: Int, k: Int), _ transpose: (a: Bool, b: Bool)) {
    let (m, n, k) = size
    let (lda, ldb, ldc) = ((transpose.a ? m : k) + 2, (transpose.b ? k : n) + 1, n + 3)
    let a = randomValues(count: (transpose.a ? k : m) * lda, seed: 1)
    let b = randomValues(count: (transpose.b ? n : k) * ldb, seed: 2)
    let c = randomValues(count: m * ldc, seed: 3)
    for beta: Float in [0, 0.5] {
      var expected = c
      for row in 0..<m {
        for column in 0..<n {
          let sum = (0..<k).reduce(0.0) { sum, inner in
            sum + (transpose.a ? a[inner * lda + row] : a[row * lda + inner])
              * (transpose.b ? b[column * ldb + inner] : b[inner * ldb + column])
          }
          expected[row * ldc + column] = 0.25 * sum + Double(beta) * c[row * ldc + column]
        }
      }
      for backend in ConvolutionTests.backends {
        let (left, right, result) = (TestBuffer(floats: a), TestBuffer(floats: b), TestBuffer(floats: c))
        if beta == 0 {
          for row in 0..<m { for column in 0..<n { result.pointer(to: Float.self)[row * ldc + column] = .nan } }
        }
        backend.matrixMultiply(
          transposeA: transpose.a, transposeB: transpose.b, m: m, n: n, k: k, alpha: 0.25,
          a: left.pointer(to: Float.self), lda: lda, b: right.pointer(to: Float.self), ldb: ldb, beta: beta,
          c: result.pointer(to: Float.self), ldc: ldc)
        #expect(relativeError(result.floats, expected) < 1e-5, "\(backend.name), beta \(beta)")
      }
    }
  }
}
