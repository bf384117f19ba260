/// A glyph's pixels between two stages of drawing, four bytes each, in columns, [width, stride], or in rows,
/// [height, stride].
struct GlyphLayer {
  let width: Int
  let height: Int
  /// Pixels from one column or row to the next, a multiple of the vector length, so that whole vectors can be read.
  let stride: Int
  /// In rows, there is a pixel of 0 before the first, which points outside read.
  let pixels: UnsafeMutablePointer<UInt32>
  /// Whether red, green and blue are multiplied by alpha (Pillow's mode RGBa) or not (RGBA).
  let isPremultiplied: Bool

  /// Pixels to reserve before the first.
  static let margin = PixelVector.scalarCount
}
