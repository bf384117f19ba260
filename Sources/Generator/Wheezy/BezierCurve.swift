/// The points of a Bézier curve as wheezy.captcha computes them (`wheezy/captcha/bezier.py`), in its order of
/// operations, so that they truncate to the same pixels.
struct BezierCurve {
  /// Line segments of a curve.
  static let segmentCount = 20

  /// For each point, the weight of each control point.
  private let weights: [[Double]]

  /// - Parameter controlCount: Control points; at least 1.
  init(controlCount: Int) {
    let binomials = Self.binomials(controlCount - 1)
    weights = (0...Self.segmentCount).map { step in
      let t = Double(step) / Double(Self.segmentCount)
      return binomials.enumerated().map { index, binomial in
        binomial * power(t, index) * power(1 - t, controlCount - 1 - index)
      }
    }
  }

  /// The curve's points, truncated to whole pixels.
  /// - Parameter controls: As many as the curve was made for.
  func points(_ controls: [SIMD2<Double>]) -> [SIMD2<Int>] {
    weights.map { weights in
      let point = zip(weights, controls).reduce(SIMD2<Double>()) { $0 + $1.0 * $1.1 }
      return SIMD2(Int(point.x), Int(point.y))
    }
  }

  /// A row of Pascal's triangle.
  private static func binomials(_ row: Int) -> [Double] {
    (0..<row).reduce(into: [1]) { binomials, index in
      binomials.append(binomials[index] * Double(row - index) / Double(index + 1))
    }
  }
}

/// base^exponent, rounded once as the C library's `pow` is, by products of twice the precision.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (high, low) = (1.0, 0.0)
  for _ in 0..<exponent {
    let product = high * base
    low = (-product).addingProduct(high, base) + low * base
    high = product + low
    low -= high - product
  }
  return high
}
