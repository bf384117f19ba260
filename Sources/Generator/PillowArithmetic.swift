/// How Pillow computes with bytes (`ImagingUtils.h`, `Convert.c` and `Paste.c` of Pillow 10 to 13).

/// a b / 255, rounded: MULDIV255.
@inline(__always)
func multiplied255(_ a: UInt32, _ b: UInt32) -> UInt32 { dividedBy255(a &* b) }

/// value / 255, rounded, for 0 ... 255 · 255: DIV255.
@inline(__always)
func dividedBy255(_ value: UInt32) -> UInt32 {
  let sum = value &+ 128
  return (sum &>> 8 &+ sum) &>> 8
}

@inline(__always)
func dividedBy255(_ value: SIMD4<UInt32>) -> SIMD4<UInt32> {
  let sum = value &+ 128
  return (sum &>> 8 &+ sum) &>> 8
}

@inline(__always)
func dividedBy255(_ value: SIMD8<UInt32>) -> SIMD8<UInt32> {
  let sum = value &+ 128
  return (sum &>> 8 &+ sum) &>> 8
}

/// 2^24 / alpha, rounded up: min(255, 255 · c / alpha), as Pillow takes a channel out of its alpha, is then
/// (255 · min(c, alpha) · inverse) >> 24 for every c, in 32 bits. At alpha 0 Pillow leaves the channel as it is; the inverse
/// of 255 does that, with 255 as the limit.
let alphaInverses: [UInt32] = (0...255).map { (alpha: UInt32) in
  let divisor = alpha == 0 ? 255 : alpha
  return ((1 << 24) + divisor - 1) / divisor
}

/// The straight channels (RGBA) of eight premultiplied ones (RGBa).
/// - Parameters:
///   - limit: alpha, or 255 where alpha is 0.
///   - inverse: `alphaInverses[alpha]`.
@inline(__always)
func straightened(_ channel: SIMD8<UInt32>, limit: SIMD8<UInt32>, inverse: SIMD8<UInt32>) -> SIMD8<UInt32> {
  (255 &* minimum(channel, limit) &* inverse) &>> 24
}

/// The smaller of each two lanes, all below 2^31. (Vector comparisons of eight lanes are not compiled to vector code.)
@inline(__always)
private func minimum(_ a: SIMD8<UInt32>, _ b: SIMD8<UInt32>) -> SIMD8<UInt32> {
  let difference = a &- b
  return b &+ (difference & (0 &- (difference &>> 31)))
}

/// What a premultiplied pixel (red, green, blue, alpha) becomes when Pillow takes it to RGBA and back, as it does between
/// two filters: rounding loses a little each way.
/// - Parameter inverse: `alphaInverses[alpha]`.
@inline(__always)
func settled(_ pixel: SIMD4<UInt32>, inverse: UInt32) -> SIMD4<UInt32> {
  let alpha = SIMD4(repeating: pixel.w)
  let clipped = pixel.replacing(with: alpha, where: pixel .> alpha)
  // Alpha itself comes out as it went in: its straight value is 255. At alpha 0, everything becomes 0.
  return dividedBy255(((255 &* clipped &* inverse) &>> 24) &* alpha)
}

/// Four channels in one word, the first lowest.
@inline(__always)
func packed(_ channels: SIMD4<UInt32>) -> UInt32 {
  unsafeBitCast(SIMD4<UInt8>(truncatingIfNeeded: channels), to: UInt32.self)
}

/// Four whole numbers that were not below -2^50, and how to read them.
struct WholeNumbers {
  /// Adding this to a double rounds it to a whole number, which then stands in the low bits.
  private static let shift = SIMD4<Double>(repeating: 0x1.8p52)
  let values: SIMD4<Double>

  /// The largest whole numbers not above `values`; no conversion that could trap, the same on every CPU.
  @inline(__always)
  init(flooring values: SIMD4<Double>) {
    let rounded = (values + Self.shift) - Self.shift
    self.values = rounded.replacing(with: rounded - 1, where: rounded .> values)
  }

  @inline(__always)
  static func bits(of values: SIMD4<Double>) -> SIMD4<UInt32> {
    SIMD4<UInt32>(truncatingIfNeeded: unsafeBitCast(values + shift, to: SIMD4<UInt64>.self))
  }
}
