/// Sine and cosine in fixed point: the C library's differ in the last bit between versions and CPUs; samples must not.

/// Both to within 2^-60.
/// - Precondition: `radians` is within ±32.
package func sineAndCosine(ofRadians radians: Double) -> (sine: Double, cosine: Double) {
  precondition(abs(radians) <= 32)
  let angle = fixedPoint(radians, fractionBits: 90)
  let quarter = (angle + (angle < 0 ? -quarterTurn / 2 : quarterTurn / 2)) / quarterTurn
  let rest = Int64((angle - quarter * quarterTurn) >> 28)
  let (sine, cosine) = (Double(sineSeries(rest)) * 0x1p-62, Double(cosineSeries(rest)) * 0x1p-62)
  return switch quarter & 3 {
  case 0: (sine, cosine)
  case 1: (cosine, -sine)
  case 2: (-sine, -cosine)
  default: (-cosine, sine)
  }
}

/// `value` rounded to 15 decimal places, as Python's `round(value, 15)`.
/// - Precondition: `value` is within ±1.
package func roundedTo15Places(_ value: Double) -> Double {
  precondition(abs(value) <= 1)
  let scaled = (fixedPoint(value, fractionBits: 73) * 1_000_000_000_000_000 + 1 << 72) >> 73
  // Both are whole and below 2^53, so that the quotient is the double nearest to the decimal number.
  return Double(Int64(truncatingIfNeeded: scaled)) / 1e15
}

/// π/2 · 2^90
private let quarterTurn: Int128 = 1_944_551_666_501_805_353_363_452_692

/// Taylor series on -π/4 ... π/4; argument and result times 2^62. The first term left out is below 2^-64.
private func sineSeries(_ x: Int64) -> Int64 {
  let square = product(x, x)
  var sum: Int64 = 1 << 62
  for n in stride(from: Int64(18), through: 2, by: -2) { sum = (1 << 62) - product(square, sum) / (n * (n + 1)) }
  return product(x, sum)
}

private func cosineSeries(_ x: Int64) -> Int64 {
  let square = product(x, x)
  var sum: Int64 = 1 << 62
  for n in stride(from: Int64(19), through: 1, by: -2) { sum = (1 << 62) - product(square, sum) / (n * (n + 1)) }
  return sum
}

private func product(_ a: Int64, _ b: Int64) -> Int64 {
  let (high, low) = a.multipliedFullWidth(by: b)
  return high << 2 | Int64(truncatingIfNeeded: low >> 62)
}

/// `value` times 2^`fractionBits`, truncated to a whole number. Computed in two parts of 64 bits, since the standard
/// library's generic conversion to 128 bits takes longer than the whole series.
/// - Precondition: `value` is within ±2^31.
private func fixedPoint(_ value: Double, fractionBits: Int) -> Int128 {
  let whole = Int64(value * 0x1p32)
  // Exact: the whole part has the double's leading bits.
  let rest = value - Double(whole) * 0x1p-32
  let scale = Double(sign: .plus, exponent: fractionBits, significand: 1)
  return Int128(whole) << (fractionBits - 32) + Int128(Int64(rest * scale))
}
