/// The pixel that each coverage of a glyph becomes in one colour, in the forms that the stages want. Text drawn on a
/// transparent image gets the colour as it is, and coverage times opacity as alpha.
struct InkTable: ~Copyable {
  private var color: SIMD4<UInt8>?
  private var straightPixels = Scratch<UInt32>(zero: 0)
  private var premultipliedPixels = Scratch<UInt32>(zero: 0)
  private var settledPixels = Scratch<UInt32>(zero: 0)
  private var channelVectors = Scratch<SIMD4<Double>>(zero: SIMD4())
  private var inverseTable = Scratch<UInt32>(zero: 0)

  /// RGBA.
  let straight: UnsafeMutablePointer<UInt32>
  /// RGBa, the form that Pillow filters in.
  let premultiplied: UnsafeMutablePointer<UInt32>
  /// RGBa after the way to RGBA and back between two filters.
  let settled: UnsafeMutablePointer<UInt32>
  /// The channels of `premultiplied`.
  let channels: UnsafeMutablePointer<SIMD4<Double>>
  /// `alphaInverses`, at hand for inner loops.
  let inverses: UnsafeMutablePointer<UInt32>

  init() {
    straight = straightPixels.reserve(256)
    premultiplied = premultipliedPixels.reserve(256)
    settled = settledPixels.reserve(256)
    channels = channelVectors.reserve(256)
    inverses = inverseTable.reserve(256)
    for alpha in 0..<256 { inverses[alpha] = alphaInverses[alpha] }
  }

  mutating func set(color: SIMD4<UInt8>) {
    guard color != self.color else { return }
    self.color = color
    let opaque = SIMD4<UInt32>(UInt32(color.x), UInt32(color.y), UInt32(color.z), 255)
    // Coverage 0 is 0 in every form, as the buffers began.
    for coverage in 1..<256 {
      let alpha = dividedBy255(UInt32(coverage) &* UInt32(color.w))
      var pixel = opaque
      pixel.w = alpha
      straight[coverage] = packed(pixel)
      pixel = dividedBy255(opaque &* alpha)
      premultiplied[coverage] = packed(pixel)
      settled[coverage] = packed(Generator.settled(pixel, inverse: inverses[Int(alpha)]))
      channels[coverage] = SIMD4(Double(pixel.x), Double(pixel.y), Double(pixel.z), Double(alpha))
    }
  }
}
