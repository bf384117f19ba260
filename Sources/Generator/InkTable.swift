/// The pixel that each coverage of a glyph becomes in one colour, in the forms that the stages want. Text drawn on a
/// transparent image gets the colour as it is, and coverage times opacity as alpha.
final class InkTable {
  /// RGBA.
  private(set) var straight = [UInt32](repeating: 0, count: 256)
  /// RGBa, the form that Pillow filters in.
  private(set) var premultiplied = [UInt32](repeating: 0, count: 256)
  /// RGBa after the way to RGBA and back between two filters.
  private(set) var settledPixels = [UInt32](repeating: 0, count: 256)
  /// The channels of `premultiplied`.
  private(set) var channels = [SIMD4<Double>](repeating: SIMD4(), count: 256)
  private var color: SIMD4<UInt8>?

  func set(color: SIMD4<UInt8>) {
    guard color != self.color else { return }
    self.color = color
    let opaque = SIMD4<UInt32>(UInt32(color.x), UInt32(color.y), UInt32(color.z), 255)
    for coverage in 1..<256 {
      let alpha = multiplied255(UInt32(coverage), UInt32(color.w))
      var pixel = opaque
      pixel.w = alpha
      straight[coverage] = packed(pixel)
      pixel = dividedBy255(opaque &* alpha)
      premultiplied[coverage] = packed(pixel)
      settledPixels[coverage] = packed(settled(pixel, inverse: alphaInverses[Int(alpha)]))
      channels[coverage] = SIMD4(Double(pixel.x), Double(pixel.y), Double(pixel.z), Double(alpha))
    }
  }
}
