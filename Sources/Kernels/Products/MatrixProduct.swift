/// C = op(A) op(B), or C += op(A) op(B). Matrices are row-major: op(A) is [m, k], op(B) is [k, n], C is [m, n].
package struct MatrixProductShape: Hashable, Sendable {
  /// Products of this shape; the matrices of each operand are stored one behind the other.
  package var count = 1
  package var transposesA = false
  package var transposesB = false
  package let m: Int
  package let n: Int
  package let k: Int
  /// Distances between rows as stored.
  package let lda: Int
  package let ldb: Int
  package let ldc: Int
  /// Adds to C; else C is overwritten without being read.
  package var accumulates = false

  /// Products of matrices without gaps between their rows.
  package init(
    count: Int = 1, transposesA: Bool = false, transposesB: Bool = false, m: Int, n: Int, k: Int,
    accumulates: Bool = false
  ) {
    self.init(
      transposesA: transposesA, transposesB: transposesB, m: m, n: n, k: k, lda: transposesA ? m : k,
      ldb: transposesB ? k : n, ldc: n, accumulates: accumulates)
    self.count = count
  }

  package init(
    transposesA: Bool = false, transposesB: Bool = false, m: Int, n: Int, k: Int, lda: Int, ldb: Int, ldc: Int,
    accumulates: Bool = false
  ) {
    precondition(m > 0 && n > 0 && k > 0 && lda >= (transposesA ? m : k) && ldb >= (transposesB ? k : n) && ldc >= n)
    self.transposesA = transposesA
    self.transposesB = transposesB
    self.m = m
    self.n = n
    self.k = k
    self.lda = lda
    self.ldb = ldb
    self.ldc = ldc
    self.accumulates = accumulates
  }

  /// Values from one of `count` matrices to the next.
  var strideOfA: Int { (transposesA ? k : m) * lda }
  var strideOfB: Int { (transposesB ? n : k) * ldb }
  var strideOfC: Int { m * ldc }
}

/// A matrix product made for one shape. One thread at a time uses it, and it runs on that thread. Its description names the
/// code that computes it.
package protocol MatrixProduct: AnyObject, Sendable, CustomStringConvertible {
  /// - Parameters:
  ///   - a, b: In the precision that the product was made for.
  ///   - c: Sums, in float32.
  func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>)
}
