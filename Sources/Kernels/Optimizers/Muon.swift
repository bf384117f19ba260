/// The rule of Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024) for one matrix. Its step
/// is the running mean of the gradient with every singular value brought near 1, so directions that few images need are
/// trained as fast as those that all need. Biases, normalisation and the last layer are better left to Adam.
///
/// Five steps of Newton and Schulz's iteration, X <- (a + b X Xᵀ + c (X Xᵀ)²) X, bring the singular values near 1. Here all
/// steps work on X Xᵀ, a square matrix of the shorter side, and X is multiplied once, at the end.
// SAFETY: only `update` uses the scratch memory, and one thread calls it at a time.
package final class Muon: @unchecked Sendable {
  /// The fraction of the running mean that a step keeps.
  private static let momentum: Float = 0.95
  /// The root mean square of a step's numbers as a fraction of the learning rate: with it, the rates that suit Adam suit
  /// Muon.
  private static let stepSize: Float = 0.5
  private static let iterations = 5
  /// A smaller norm of the gradient counts as this one, whose inverse can be squared.
  private static let smallestNorm: Float = 1e-15
  /// a, b and c (Jordan et al. 2024), which bring singular values of 0.0015 to 1 to between 0.68 and 1.21 in five steps.
  private static let coefficients: (a: Float, b: Float, c: Float) = (3.4445, -4.7750, 2.0315)

  private let rows: Int
  private let columns: Int
  /// Rows and columns of the square matrices.
  private let side: Int
  private let isWide: Bool
  /// [rows, columns]
  private let direction: AlignedBuffer
  private let orthogonal: AlignedBuffer
  /// [side, side]
  private let gram: AlignedBuffer
  private let polynomial: AlignedBuffer
  private let product: AlignedBuffer
  private let spare: AlignedBuffer
  private let gramProduct: any MatrixProduct
  private let squareProduct: any MatrixProduct
  private let finalProduct: any MatrixProduct

  /// - Throws: `KernelError` where the backend cannot compute products of these sizes.
  package init(rows: Int, columns: Int, backend: any Backend) throws(KernelError) {
    self.rows = rows
    self.columns = columns
    side = min(rows, columns)
    isWide = rows <= columns
    direction = AlignedBuffer(Float.self, count: rows * columns)
    orthogonal = AlignedBuffer(Float.self, count: rows * columns)
    gram = AlignedBuffer(Float.self, count: side * side)
    polynomial = AlignedBuffer(Float.self, count: side * side)
    product = AlignedBuffer(Float.self, count: side * side)
    spare = AlignedBuffer(Float.self, count: side * side)
    func make(_ shape: MatrixProductShape) throws(KernelError) -> any MatrixProduct {
      try backend.makeMatrixProduct(shape, precision: .float32)
    }
    gramProduct = try make(
      MatrixProductShape(transposesA: !isWide, transposesB: isWide, m: side, n: side, k: max(rows, columns)))
    squareProduct = try make(MatrixProductShape(m: side, n: side, k: side))
    finalProduct = try make(MatrixProductShape(m: rows, n: columns, k: side))
  }

  /// One step; overwrites `weights` and `mean`, and `average` where it is given.
  /// - Parameters:
  ///   - weights, gradient: [rows, columns].
  ///   - mean: The running mean of the gradient: [rows, columns], 0 before the first step.
  ///   - weightDecay: Decoupled, as AdamW's.
  ///   - average: A running average of the weights, which moves to the new ones by the fraction `averageShare`.
  package func update(
    weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
    learningRate: Double, weightDecay: Double, average: UnsafeMutablePointer<Float>? = nil, averageShare: Float = 0
  ) {
    let count = rows * columns
    let direction = direction.floats
    var squares = Vector()
    forEachVector(count: count) { offset, width in
      let g = Float.load(gradient, at: offset, width: width)
      var m = Float.load(mean, at: offset, width: width)
      m += (g - m) * (1 - Self.momentum)
      Float.store(m, mean, at: offset, width: width)
      // Nesterov's: where the mean will be if the gradient stays.
      let ahead = m + (g - m) * (1 - Self.momentum)
      Float.store(ahead, direction, at: offset, width: width)
      squares += ahead * ahead
    }
    let norm = squares.sum().squareRoot()
    orthogonalize(scale: 1 / max(norm, Self.smallestNorm))
    let keep = Float(1 - learningRate * weightDecay)
    let rate = Float(learningRate) * Self.stepSize * Float(max(rows, columns)).squareRoot()
    let step = orthogonal.floats
    forEachVector(count: count) { offset, width in
      let moved =
        Float.load(weights, at: offset, width: width) * keep - Float.load(step, at: offset, width: width) * rate
      Float.store(moved, weights, at: offset, width: width)
      if let average { approach(moved, average, share: averageShare, at: offset, width: width) }
    }
  }

  /// Overwrites `orthogonal` with `direction`, whose norm is 1 / `scale`, all singular values brought near 1.
  private func orthogonalize(scale: Float) {
    let (gram, polynomial, product, spare) = (gram.floats, polynomial.floats, product.floats, spare.floats)
    let count = side * side
    gramProduct.run(a: direction.address, b: direction.address, c: gram)
    scaleValues(gram, count: count, by: scale * scale)
    for iteration in 0..<Self.iterations {
      squareProduct.run(a: gram, b: gram, c: polynomial)
      forEachVector(count: count) { offset, width in
        let sum =
          Float.load(gram, at: offset, width: width) * Self.coefficients.b
          + Float.load(polynomial, at: offset, width: width) * Self.coefficients.c
        Float.store(sum, polynomial, at: offset, width: width)
      }
      for index in 0..<side { polynomial[index &* (side &+ 1)] += Self.coefficients.a }
      if iteration == 0 {
        product.update(from: polynomial, count: count)
      } else {
        squareProduct.run(a: polynomial, b: product, c: spare)
        product.update(from: spare, count: count)
      }
      if iteration == Self.iterations - 1 { break }
      squareProduct.run(a: polynomial, b: gram, c: spare)
      squareProduct.run(a: spare, b: polynomial, c: gram)
    }
    scaleValues(product, count: count, by: scale)
    finalProduct.run(
      a: isWide ? UnsafeRawPointer(product) : UnsafeRawPointer(direction.address),
      b: isWide ? UnsafeRawPointer(direction.address) : UnsafeRawPointer(product), c: orthogonal.floats)
  }

  private func scaleValues(_ values: UnsafeMutablePointer<Float>, count: Int, by scale: Float) {
    forEachVector(count: count) { offset, width in
      Float.store(Float.load(values, at: offset, width: width) * scale, values, at: offset, width: width)
    }
  }
}
