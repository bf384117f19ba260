/// A glyph's pixels between two stages of drawing, four bytes each.
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
  /// Pixels from one column or row to the next, a multiple of the vector length, so that whole vectors can be read.
  let stride: Int
  /// In rows, there is a pixel of 0 before the first, which points outside read.
  let pixels: UnsafeMutablePointer<UInt32>
  /// Whether red, green and blue are multiplied by alpha (Pillow's mode RGBa) or not (RGBA).
  var isPremultiplied: Bool

  /// Pixels to reserve before the first.
  static let margin = PixelVector.scalarCount

  /// The stride of lines of `count` pixels.
  static func stride(for count: Int) -> Int { PixelVector.roundUp(count) }
}
