/// How Pillow computes with bytes (`ImagingUtils.h`, `Convert.c` and `Paste.c` of Pillow 10 to 13). Vectors have a pixel or
/// a channel in each lane. Conditions are written as arithmetic on sign bits: comparisons of lanes are not compiled to
/// vector code.

/// value / 255, rounded, for 0 ... 255 · 255: DIV255.
@inline(__always)
func dividedBy255(_ value: UInt32) -> UInt32 {
  let sum = value &+ 128
  return (sum &>> 8 &+ sum) &>> 8
}

@inline(__always)
func dividedBy255(_ value: SIMD4<UInt32>) -> SIMD4<UInt32> {
  let sum = value &+ 128
  return ((sum &>> 8) &+ sum) &>> 8
}

@inline(__always)
func dividedBy255(_ value: SIMD8<UInt32>) -> SIMD8<UInt32> {
  let sum = value &+ 128
  return ((sum &>> 8) &+ sum) &>> 8
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
  let excess = channel &- limit
  let clipped = limit &+ (excess & (0 &- (excess &>> 31)))
  return (255 &* clipped &* inverse) &>> 24
}

/// What a premultiplied pixel (red, green, blue, alpha) becomes when Pillow takes it to RGBA and back, as it does between
/// two filters: rounding loses a little each way.
/// - Parameter inverse: `alphaInverses[alpha]`.
@inline(__always)
func settled(_ pixel: SIMD4<UInt32>, inverse: UInt32) -> SIMD4<UInt32> {
  let alpha = SIMD4(repeating: pixel.w)
  let excess = pixel &- alpha
  let clipped = alpha &+ (excess & (0 &- (excess &>> 31)))
  // Alpha itself comes out as it went in: its straight value is 255. At alpha 0, everything becomes 0.
  return dividedBy255(((255 &* clipped &* inverse) &>> 24) &* alpha)
}

/// Four channels in one word, the first lowest.
@inline(__always)
func packed(_ channels: SIMD4<UInt32>) -> UInt32 {
  let placed = channels &<< SIMD4(0, 8, 16, 24)
  let pairs = placed.lowHalf | placed.highHalf
  return pairs.x | pairs.y
}

/// The largest whole numbers not above four doubles within ±2^50, by operations that never trap and are the same on every
/// CPU.
struct Floor {
  /// Adding this to a double rounds it to a whole number, which then stands in the low bits.
  private static let shift = SIMD4<Double>(repeating: 0x1.8p52)
  private let shifted: SIMD4<UInt64>

  @inline(__always)
  init(_ values: SIMD4<Double>) {
    let rounded = values + Self.shift
    // The sign bit of what rounding took away says where it went up.
    let rest = values - (rounded - Self.shift)
    shifted =
      unsafeBitCast(rounded, to: SIMD4<UInt64>.self) &- (unsafeBitCast(rest, to: SIMD4<UInt64>.self) &>> 63)
  }

  @inline(__always)
  var doubles: SIMD4<Double> { unsafeBitCast(shifted, to: SIMD4<Double>.self) - Self.shift }

  @inline(__always)
  var integers: SIMD4<UInt32> { unsafeBitCast(shifted, to: SIMD8<UInt32>.self).evenHalf }
}

@inline(__always)
func loadPixels(_ address: UnsafePointer<UInt32>) -> SIMD8<UInt32> {
  UnsafeRawPointer(address).loadUnaligned(as: SIMD8<UInt32>.self)
}

@inline(__always)
func storePixels(_ pixels: SIMD8<UInt32>, to address: UnsafeMutablePointer<UInt32>) {
  UnsafeMutableRawPointer(address).storeBytes(of: pixels, as: SIMD8<UInt32>.self)
}
