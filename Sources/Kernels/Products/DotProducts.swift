/// The product of a few rows with a matrix, C = A B, where B is stored transposed: each number of C is the dot product of a row
/// of A and one of B.
struct DotProducts: MatrixProduct {
  /// Rows of A, at most: with this many, each row of B is still read from memory once.
  private static let rowCountMax = 16

  private let shape: MatrixProductShape
  private let precision: Precision

  /// nil where `shape` is not that of such a product.
  /// - Parameter precision: Of A and B.
  init?(_ shape: MatrixProductShape, precision: Precision) {
    guard
      shape.count == 1 && shape.m <= Self.rowCountMax && !shape.transposesA && shape.transposesB && !shape.accumulates
    else { return nil }
    self.shape = shape
    self.precision = precision
  }

  var description: String { "dot products" }

  func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
    for column in 0..<shape.n {
      let columnOfB = b + column * shape.ldb * precision.byteCount
      for row in 0..<shape.m {
        let rowOfA = a + row * shape.lda * precision.byteCount
        c[row * shape.ldc + column] =
          switch precision {
          case .float32: dotProduct(Float.self, rowOfA, columnOfB)
          case .bfloat16: dotProduct(BFloat16.self, rowOfA, columnOfB)
          }
      }
    }
  }

  /// The dot product of `shape.k` numbers.
  private func dotProduct<Value: Element>(_: Value.Type, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer) -> Float {
    // Four sums: one alone would wait for each of its additions.
    var (first, second, third, fourth) = (Vector(), Vector(), Vector(), Vector())
    let step = 8 * MemoryLayout<Value>.size
    var (a, b, left) = (a, b, shape.k)
    while left >= 32 {
      first += Value.load(a) * Value.load(b)
      second += Value.load(a + step) * Value.load(b + step)
      third += Value.load(a + 2 * step) * Value.load(b + 2 * step)
      fourth += Value.load(a + 3 * step) * Value.load(b + 3 * step)
      (a, b, left) = (a + 4 * step, b + 4 * step, left - 32)
    }
    forEachVector(count: left) { offset, width in
      first += Value.load(a, at: offset, width: width) * Value.load(b, at: offset, width: width)
    }
    return ((first + second) + (third + fourth)).sum()
  }
}
