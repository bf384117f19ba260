/// Bicubic resize of a glyph on premultiplied alpha, across and then down: Pillow's `Image.resize(size)`.
struct GlyphResize: ~Copyable {
  private var across = Scratch<UInt32>(zero: 0)
  private var down = Scratch<UInt32>(zero: 0)

  /// - Parameter layer: In columns, premultiplied.
  /// - Returns: In rows, valid until the next call.
  mutating func resize(_ layer: GlyphLayer, width: Int, height: Int, _ tables: inout BicubicTables) -> GlyphLayer {
    let stride = GlyphLayer.stride(for: width)
    let wide = across.reserve(layer.stride * stride)
    if width == layer.width {
      transpose(layer, into: wide, stride: stride)
    } else {
      resizeAcross(layer, tables.table(from: layer.width, to: width), into: wide, stride: stride)
    }
    var result = GlyphLayer(
      width: width, height: layer.height, order: .rows, stride: stride, pixels: wide, isPremultiplied: true)
    if height != layer.height {
      result = resizeDown(result, tables.table(from: layer.height, to: height))
    }
    return result
  }

  /// Columns into rows, at the same size.
  mutating func transpose(_ layer: GlyphLayer) -> GlyphLayer {
    let stride = GlyphLayer.stride(for: layer.width)
    let rows = across.reserve(layer.stride * stride)
    transpose(layer, into: rows, stride: stride)
    return GlyphLayer(
      width: layer.width, height: layer.height, order: .rows, stride: stride, pixels: rows,
      isPremultiplied: layer.isPremultiplied)
  }

  private func transpose(_ layer: GlyphLayer, into rows: UnsafeMutablePointer<UInt32>, stride: Int) {
    for x in 0..<layer.width {
      for y in 0..<layer.height { rows[y * stride + x] = layer.pixels[x * layer.stride + y] }
    }
  }

  private func resizeAcross(
    _ layer: GlyphLayer, _ table: BicubicTable, into rows: UnsafeMutablePointer<UInt32>, stride: Int
  ) {
    // SAFETY: the table's windows lie inside the layer's columns; a column has `layer.stride` pixels, a multiple of 4, and
    // `rows` has room for as many rows.
    table.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for x in 0..<table.outputCount {
        let source = UnsafeRawPointer(layer.pixels + table.first[x] * layer.stride)
        for y in Swift.stride(from: 0, to: layer.stride, by: 4) {
          let bytes = weightedSum(
            source + 4 * y, stride: 4 * layer.stride, weights: weights + x * table.tapCount, count: table.tapCount)
          let pixels = unsafeBitCast(bytes, to: SIMD4<UInt32>.self)
          let target = rows + y * stride + x
          target[0] = pixels[0]
          target[stride] = pixels[1]
          target[2 * stride] = pixels[2]
          target[3 * stride] = pixels[3]
        }
      }
    }
  }

  private mutating func resizeDown(_ layer: GlyphLayer, _ table: BicubicTable) -> GlyphLayer {
    let rows = down.reserve(table.outputCount * layer.stride)
    // SAFETY: the table's windows lie inside the layer's rows, each of `layer.stride` pixels, a multiple of 4.
    table.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for y in 0..<table.outputCount {
        let source = UnsafeRawPointer(layer.pixels + table.first[y] * layer.stride)
        let target = UnsafeMutableRawPointer(rows + y * layer.stride)
        for x in Swift.stride(from: 0, to: 4 * layer.stride, by: 16) {
          let bytes = weightedSum(
            source + x, stride: 4 * layer.stride, weights: weights + y * table.tapCount, count: table.tapCount)
          target.storeBytes(of: bytes, toByteOffset: x, as: SIMD16<UInt8>.self)
        }
      }
    }
    return GlyphLayer(
      width: layer.width, height: table.outputCount, order: .rows, stride: layer.stride, pixels: rows,
      isPremultiplied: true)
  }
}
