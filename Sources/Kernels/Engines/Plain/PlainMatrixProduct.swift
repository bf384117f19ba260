/// The matrix product as its formula, summed in float32.
struct PlainMatrixProduct: MatrixProduct {
  let shape: MatrixProductShape
  /// Of A and B.
  let precision: Precision

  var description: String { "plain Swift, the reference" }

  func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
    for number in 0..<shape.count {
      let a = a + number * shape.strideOfA * precision.byteCount
      let b = b + number * shape.strideOfB * precision.byteCount
      let c = c + number * shape.strideOfC
      switch precision {
      case .float32: runOne(Float.self, a, b, c)
      case .bfloat16: runOne(BFloat16.self, a, b, c)
      }
    }
  }

  private func runOne<Value: Element>(
    _: Value.Type, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ c: UnsafeMutablePointer<Float>
  ) {
    let (bytes, shape) = (MemoryLayout<Value>.size, shape)
    for row in 0..<shape.m {
      let sums = c + row * shape.ldc
      if !shape.accumulates { sums.update(repeating: 0, count: shape.n) }
      for inner in 0..<shape.k {
        let offset = shape.transposesA ? inner * shape.lda + row : row * shape.lda + inner
        let factor = Value.loadValue(a + offset * bytes)
        // One loop for each order of B, with constant steps, which the compiler vectorises.
        if shape.transposesB {
          for column in 0..<shape.n {
            sums[column] += factor * Value.loadValue(b + (column * shape.ldb + inner) * bytes)
          }
        } else {
          for column in 0..<shape.n {
            sums[column] += factor * Value.loadValue(b + (inner * shape.ldb + column) * bytes)
          }
        }
      }
    }
  }
}
