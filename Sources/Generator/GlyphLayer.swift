/// A glyph's pixels on their way through the stages, four bytes each.
struct GlyphLayer {
  /// How the pixels lie in memory.
  enum Order {
    /// [width, stride >= height]
    case columns
    /// [height, stride >= width]
    case rows
  }

  let width: Int
  let height: Int
  let order: Order
  /// Pixels from one column or row to the next; a multiple of 4, so that 16 bytes can always be read.
  let stride: Int
  let pixels: UnsafeMutablePointer<UInt32>
  /// Whether red, green and blue are multiplied by alpha (Pillow's mode RGBa) or not (RGBA).
  var isPremultiplied: Bool

  /// The stride of lines of `count` pixels.
  static func stride(for count: Int) -> Int { (count + 3) & ~3 }
}
