/// An 8-bit image in columns from the left, each from the top, channels innermost: [width, height, channel]. Styles
/// draw and shards store columns, because adjacent columns cross a captcha's strokes in much the same way and compress
/// well. Everything else has images in rows.
package struct ImageColumns: Sendable, Hashable {
  package let geometry: Geometry
  package let pixels: [UInt8]

  /// - Precondition: `pixels.count == geometry.byteCount`.
  package init(geometry: Geometry, pixels: [UInt8]) {
    precondition(pixels.count == geometry.byteCount)
    self.geometry = geometry
    self.pixels = pixels
  }

  package init(_ image: Image) {
    let geometry = image.geometry
    self.init(
      geometry: geometry,
      pixels: transposed(image.pixels, rows: geometry.height, columns: geometry.width, format: geometry.format))
  }

  package var image: Image {
    Image(
      geometry: geometry,
      pixels: transposed(pixels, rows: geometry.width, columns: geometry.height, format: geometry.format))
  }
}

/// - Parameter pixels: [rows, columns, channel].
/// - Returns: [columns, rows, channel].
private func transposed(_ pixels: [UInt8], rows: Int, columns: Int, format: PixelFormat) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
    count = pixels.count
    pixels.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress, let target = target.baseAddress else { return }
      // SAFETY: both have rows x columns pixels, and the target is new.
      switch format {
      case .gray:
        transposeBytes(source, rows: rows, columns: columns, sourceStride: columns, into: target, targetStride: rows)
      case .rgb:
        for row in 0..<rows {
          for column in 0..<columns {
            (target + 3 * (column * rows + row)).update(from: source + 3 * (row * columns + column), count: 3)
          }
        }
      }
    }
  }
}
