/// The pixel for each coverage in one colour: the colour as it is, and coverage times opacity as alpha, as in text that
/// Pillow draws on a transparent image.
struct InkTable: ~Copyable {
  private var color = SIMD4<UInt32>()
  private var channelVectors = Scratch<SIMD4<Double>>(zero: SIMD4())
  /// For each coverage, red, green, blue and alpha of its pixel in RGBa, the form that Pillow filters in.
  let channels: UnsafeMutablePointer<SIMD4<Double>>

  init() { channels = channelVectors.reserve(256) }

  mutating func set(color: SIMD4<UInt8>) {
    let color = SIMD4<UInt32>(truncatingIfNeeded: color)
    guard color != self.color else { return }
    self.color = color
    for coverage in 0..<256 {
      let pixel = channels(ofCoverage: UInt32(truncatingIfNeeded: coverage))
      channels[coverage] = SIMD4(Double(pixel.x), Double(pixel.y), Double(pixel.z), Double(pixel.w))
    }
  }

  /// RGBa.
  func premultiplied(coverage: UInt8) -> UInt32 { packed(channels(ofCoverage: UInt32(coverage))) }

  /// RGBA, 0 at coverage 0.
  func straight(coverage: UInt8) -> UInt32 {
    guard coverage > 0 else { return 0 }
    return packed(SIMD4(color.x, color.y, color.z, alpha(ofCoverage: UInt32(coverage))))
  }

  @inline(__always)
  private func channels(ofCoverage coverage: UInt32) -> SIMD4<UInt32> {
    let alpha = alpha(ofCoverage: coverage)
    return dividedBy255(SIMD4(color.x, color.y, color.z, 255) &* alpha)
  }

  @inline(__always)
  private func alpha(ofCoverage coverage: UInt32) -> UInt32 { dividedBy255(coverage &* color.w) }
}
