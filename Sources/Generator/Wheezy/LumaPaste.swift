/// Pastes an opaque glyph on black as wheezy.captcha does: Pillow's `paste` through a mask of the glyph's luma times
/// 1.97.
struct LumaPaste: ~Copyable {
  /// The rows of a column that are on the canvas.
  private var column = Scratch<UInt32>(zero: 0)

  /// - Parameter layer: In columns.
  mutating func paste(_ layer: GlyphLayer, at origin: SIMD2<Int>, on canvas: borrowing Canvas) {
    let (columns, rows) = canvas.overlap(width: layer.width, height: layer.height, at: origin)
    guard !rows.isEmpty else { return }
    // SAFETY: `rows` and `columns` are inside the layer and the canvas, which has space for a vector after its last
    // column.
    let pixels = column.reserve(rows.count + PixelVector.scalarCount)
    for row in rows.count..<rows.count + PixelVector.scalarCount { pixels[row] = 0 }
    for x in columns {
      pixels.update(from: layer.pixels + x * layer.stride + rows.lowerBound, count: rows.count)
      let target = canvas.column(origin.x + x) + origin.y + rows.lowerBound
      for row in stride(from: 0, to: rows.count, by: PixelVector.scalarCount) {
        blend(loadPixels(pixels + row), into: target + row)
      }
    }
  }

  /// Blends a vector of a column. Pixels of 0 change nothing, so the vector may reach into the next column.
  @inline(__always)
  private func blend(_ pixel: PixelVector, into target: UnsafeMutablePointer<UInt32>) {
    let (red, green, blue) = (pixel & 255, (pixel &>> 8) & 255, (pixel &>> 16) & 255)
    // Luma times 1.97, rounded as Python does (98.5 becomes 98), at most 255.
    let mask = clippedToByte((luma(red, green, blue) &* 129106 &+ 32500) &>> 16)
    paint(redBlue: pixel & 0xFF_00FF, green: green, through: mask, over: target)
  }
}
