import Foundation
import Kernels
import Testing

@Suite struct MuonTests {
  /// Muon's definition in double precision, over several steps: all steps of the iteration on the matrix itself.
  @Test(arguments: [(4, 11), (11, 4), (7, 7), (1, 5)] as [(Int, Int)], ConvolutionTests.backends)
  func movesByItsDefinition(_ size: (rows: Int, columns: Int), _ backend: any Backend) throws {
    let count = size.rows * size.columns
    let start = randomValues(count: count, seed: 1)
    let (weights, mean) = (TestBuffer(floats: start), TestBuffer(Float.self, count: count))
    var (w, m) = (start, [Double](repeating: 0, count: count))
    let muon = try Muon(rows: size.rows, columns: size.columns, backend: backend)
    for step in 1...4 {
      let g = randomValues(count: count, seed: UInt64(step) + 10)
      let gradient = TestBuffer(floats: g)
      muon.update(
        weights: weights.pointer(to: Float.self), gradient: gradient.pointer(to: Float.self),
        mean: mean.pointer(to: Float.self), learningRate: 0.01, weightDecay: 0.1)
      m = zip(m, g).map { 0.95 * $0 + 0.05 * $1 }
      var x = zip(m, g).map { 0.95 * $0 + 0.05 * $1 }
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      x = x.map { $0 / norm }
      for _ in 0..<5 {
        let gram = product(x, transposed(x, rows: size.rows), rows: size.rows, inner: size.columns)
        let square = product(gram, gram, rows: size.rows, inner: size.rows)
        let polynomial = zip(gram, square).map { -4.7750 * $0 + 2.0315 * $1 }
        x = zip(x, product(polynomial, x, rows: size.rows, inner: size.rows)).map { 3.4445 * $0 + $1 }
      }
      let rate = 0.01 * 0.5 * Double(max(size.rows, size.columns)).squareRoot()
      w = zip(w, x).map { $0 * (1 - 0.01 * 0.1) - rate * $1 }
    }
    #expect(relativeError(weights.floats, w) < 1e-5, "\(backend.name)")
    #expect(relativeError(mean.floats, m) < 1e-6)
  }

  /// A zero gradient from the start must not divide by zero.
  @Test func weightsWithoutGradientStay() throws {
    let weights = TestBuffer(floats: [0.5, -0.5, 0.25, 1])
    let zeros = (0..<2).map { _ in TestBuffer(Float.self, count: 4) }
    try Muon(rows: 2, columns: 2, backend: PlainBackend()).update(
      weights: weights.pointer(to: Float.self), gradient: zeros[0].pointer(to: Float.self),
      mean: zeros[1].pointer(to: Float.self), learningRate: 0.01, weightDecay: 0)
    #expect(weights.floats == [0.5, -0.5, 0.25, 1])
  }

  private func transposed(_ matrix: [Double], rows: Int) -> [Double] {
    let columns = matrix.count / rows
    return (0..<matrix.count).map { matrix[$0 % rows * columns + $0 / rows] }
  }

  /// [rows, inner] times [inner, any].
  private func product(_ a: [Double], _ b: [Double], rows: Int, inner: Int) -> [Double] {
    let columns = b.count / inner
    return (0..<rows * columns).map { place in
      (0..<inner).reduce(0) { $0 + a[place / columns * inner + $1] * b[$1 * columns + place % columns] }
    }
  }
}
