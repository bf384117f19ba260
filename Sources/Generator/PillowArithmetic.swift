/// How Pillow computes with bytes (`ImagingUtils.h`, `Convert.c` and `Paste.c` of Pillow 10 to 13). Vectors have a
/// pixel or a channel in each lane. Conditions are arithmetic on sign bits, since comparisons of lanes are not compiled
/// to vector code.

/// Pixels that are computed at once: an AVX-512 vector, or several vectors on other CPUs.
typealias PixelVector = SIMD16<UInt32>

extension PixelVector {
  /// `count` rounded up to whole vectors.
  @inline(__always)
  static func roundUp(_ count: Int) -> Int { (count &+ (scalarCount &- 1)) & ~(scalarCount &- 1) }
}

/// The conversion to mode L: L24.
@inline(__always)
func luma(_ red: PixelVector, _ green: PixelVector, _ blue: PixelVector) -> PixelVector {
  (19595 &* red &+ 38470 &* green &+ 7471 &* blue &+ 0x8000) &>> 16
}

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
func dividedBy255(_ value: PixelVector) -> PixelVector {
  let sum = value &+ 128
  return ((sum &>> 8) &+ sum) &>> 8
}

/// The same for two values in the halves of each word.
@inline(__always)
func halvesDividedBy255(_ values: PixelVector) -> PixelVector {
  let sums = values &+ 0x80_0080
  return ((((sums &>> 8) & 0xFF_00FF) &+ sums) &>> 8) & 0xFF_00FF
}

/// The smaller of 255 and each value below 2^31.
@inline(__always)
func clippedToByte(_ values: PixelVector) -> PixelVector { (values | (0 &- ((255 &- values) &>> 31))) & 255 }

/// Paints a vector of a column through a mask of 0 ... 255: Pillow's `paste`.
/// - Parameter redBlue: Red in the low half of a word, blue in the high one.
@inline(__always)
func paint(
  redBlue: PixelVector, green: PixelVector, through mask: PixelVector, over target: UnsafeMutablePointer<UInt32>
) {
  let below = loadPixels(target)
  // Two channels in one product: neither overflows its half.
  let redBlue = (below & 0xFF_00FF) &* (255 &- mask) &+ redBlue &* mask
  let green = ((below &>> 8) & 255) &* (255 &- mask) &+ green &* mask
  storePixels(halvesDividedBy255(redBlue) | (dividedBy255(green) &<< 8), to: target)
}

/// Divides channels by alpha as Pillow does: min(255, 255 c / alpha), truncated; c itself at alpha 0.
struct Unmultiply {
  /// 2^23 plus a number below 2^23, as a float's bits.
  private static let bits: UInt32 = 0x4B00_0000
  private let limit: PixelVector
  private let inverse: SIMD16<Float>

  @inline(__always)
  init(alpha: PixelVector) {
    // 255 instead of 0, which leaves a channel as it is.
    limit = alpha | ((0 &- ((alpha &- 1) &>> 31)) & 255)
    inverse = 1 / (unsafeBitCast(limit | Self.bits, to: SIMD16<Float>.self) - 0x1p23)
  }

  /// Every quotient is at least 1 / 510 from the next rounding boundary, and the error of floats is below 2^-15.
  @inline(__always)
  func callAsFunction(_ channel: PixelVector) -> PixelVector {
    let excess = channel &- limit
    let clipped = limit &+ (excess & (0 &- (excess &>> 31)))
    let value = unsafeBitCast((255 &* clipped) | Self.bits, to: SIMD16<Float>.self) - (0x1p23 - 0.5)
    let quotient = (value * inverse - 0.5) + 0x1.8p23
    return unsafeBitCast(quotient, to: PixelVector.self) & 255
  }
}

/// Premultiplied pixels after Pillow's conversion to RGBA and back between two filters, which rounds each way.
@inline(__always)
func settled(_ pixels: PixelVector) -> PixelVector {
  let alpha = pixels &>> 24
  let straight = Unmultiply(alpha: alpha)
  let redBlue = straight(pixels & 255) | (straight((pixels &>> 16) & 255) &<< 16)
  let green = straight((pixels &>> 8) & 255)
  return halvesDividedBy255(redBlue &* alpha) | (dividedBy255(green &* alpha) &<< 8) | (alpha &<< 24)
}

/// Four channels in one word, the first lowest.
@inline(__always)
func packed(_ channels: SIMD4<UInt32>) -> UInt32 {
  let placed = channels &<< SIMD4(0, 8, 16, 24)
  let pairs = placed.lowHalf | placed.highHalf
  return pairs.x | pairs.y
}

func packed(_ color: SIMD3<UInt8>) -> UInt32 {
  UInt32(color.x) | UInt32(color.y) << 8 | UInt32(color.z) << 16
}

/// Four whole doubles within ±2^50 as integers, by operations that never trap and are the same on every CPU.
struct WholeNumbers {
  /// The integers, in the low bits.
  let bits: SIMD4<UInt64>

  @inline(__always)
  init(_ values: SIMD4<Double>) {
    // The sum's last bit counts 1, so its low bits are the integer.
    bits = unsafeBitCast(values + 0x1.8p52, to: SIMD4<UInt64>.self)
  }

  /// The largest integers that are not above `values`.
  @inline(__always)
  init(floorOf values: SIMD4<Double>) { self.init(values.rounded(.down)) }

  /// The low bytes, the first lowest.
  @inline(__always)
  var bytes: UInt32 { unsafeBitCast(SIMD4<UInt8>(truncatingIfNeeded: bits), to: UInt32.self).littleEndian }

  @inline(__always)
  var integers: SIMD4<UInt32> { lowHalves(bits) }
}

@inline(__always)
func lowHalves(_ values: SIMD4<UInt64>) -> SIMD4<UInt32> { unsafeBitCast(values, to: SIMD8<UInt32>.self).evenHalf }

@inline(__always)
func loadPixels(_ address: UnsafePointer<UInt32>) -> PixelVector {
  UnsafeRawPointer(address).loadUnaligned(as: PixelVector.self)
}

@inline(__always)
func storePixels(_ pixels: PixelVector, to address: UnsafeMutablePointer<UInt32>) {
  UnsafeMutableRawPointer(address).storeBytes(of: pixels, as: PixelVector.self)
}

@inline(__always)
func isZero(_ pixels: PixelVector) -> Bool {
  let half = pixels.lowHalf | pixels.highHalf
  let pairs = unsafeBitCast(half.lowHalf | half.highHalf, to: SIMD2<UInt64>.self)
  return pairs.x | pairs.y == 0
}
