import Kernels
import Samples

/// A dropout mask and the factors that its documentation promises, from the scalar generator.
struct DropoutReference {
  let seed: UInt64
  let step: UInt32
  let layer: UInt32
  let rate: Float

  var mask: DropoutMask { DropoutMask(seed: seed, step: step, layer: layer, rate: rate) }

  /// The factor of one value, 0 or 1 / (1 - rate).
  func factor(plane: Int, vector: Int, channel: Int) -> Float {
    let keep = ((1 - rate) * 65536).rounded() / 65536
    let bits = [1, 2, 4, 8].first { (keep * Float(1 << $0)).truncatingRemainder(dividingBy: 1) == 0 } ?? 16
    let (row, vectorInRow) = vector.quotientAndRemainder(dividingBy: 32 / bits)
    let words = philox(
      counter: SIMD4(UInt32(row / 4 * 8 + channel), UInt32(plane), layer, step),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    let field = words[row % 4] >> UInt32(vectorInRow * bits) & (1 << bits - 1)
    return Float(field) < keep * Float(1 << bits) ? 1 / (1 - rate) : 0
  }
}
