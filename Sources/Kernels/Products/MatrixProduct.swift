/// C = op(A) op(B), or C += op(A) op(B). Matrices are row-major: op(A) is [m, k], op(B) is [k, n], C is [m, n].
package struct MatrixProductShape: Hashable, Sendable {
  /// Products of this shape; the matrices of each operand are stored one behind the other.
  package let count: Int
  package let transposesA: Bool
  package let transposesB: Bool
  package let m: Int
  package let n: Int
  package let k: Int
  /// Distances between rows as stored.
  package let lda: Int
  package let ldb: Int
  package let ldc: Int
  /// Adds to C; else C is overwritten without being read.
  package let accumulates: Bool

  /// - Parameters:
  ///   - lda, ldb, ldc: nil for matrices without gaps between their rows.
  package init(
    count: Int = 1, transposesA: Bool = false, transposesB: Bool = false, m: Int, n: Int, k: Int, lda: Int? = nil,
    ldb: Int? = nil, ldc: Int? = nil, accumulates: Bool = false
  ) {
    self.count = count
    self.transposesA = transposesA
    self.transposesB = transposesB
    self.m = m
    self.n = n
    self.k = k
    self.lda = lda ?? (transposesA ? m : k)
    self.ldb = ldb ?? (transposesB ? k : n)
    self.ldc = ldc ?? n
    self.accumulates = accumulates
    precondition(m > 0 && n > 0 && k > 0)
    precondition(self.lda >= (transposesA ? m : k) && self.ldb >= (transposesB ? k : n) && self.ldc >= n)
  }

  /// Values from one of `count` matrices to the next.
  var strideOfA: Int { (transposesA ? k : m) * lda }
  var strideOfB: Int { (transposesB ? n : k) * ldb }
  var strideOfC: Int { m * ldc }
}

/// A matrix product made for one shape. One thread at a time uses it, and it runs on that thread. Its description names the
/// code that computes it.
package protocol MatrixProduct: Sendable, CustomStringConvertible {
  /// - Parameters:
  ///   - a, b: In the precision that the product was made for.
  ///   - c: Sums, in float32.
  func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>)
}
