/// The matrix product as its formula, summed in float32.
final class PlainMatrixProduct<Value: Element>: MatrixProduct {
  private let shape: MatrixProductShape

  init(_ shape: MatrixProductShape) { self.shape = shape }

  var description: String { "plain Swift, the reference" }

  func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
    let bytes = MemoryLayout<Value>.size
    for number in 0..<shape.count {
      runOne(
        a: a + number * shape.strideOfA * bytes, b: b + number * shape.strideOfB * bytes,
        c: c + number * shape.strideOfC)
    }
  }

  private func runOne(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
    let (bytes, shape) = (MemoryLayout<Value>.size, shape)
    for row in 0..<shape.m {
      let sums = c + row * shape.ldc
      if !shape.accumulates { sums.update(repeating: 0, count: shape.n) }
      for inner in 0..<shape.k {
        let place = shape.transposesA ? inner * shape.lda + row : row * shape.lda + inner
        let factor = Value.loadValue(a + place * bytes)
        // One loop for each order, whose steps are constants: compilers make vectors of it.
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
