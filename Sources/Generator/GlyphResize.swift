/// Bicubic resize of a glyph on premultiplied alpha: Pillow's `Image.resize(size)`.
struct GlyphResize: ~Copyable {
  private var across = Scratch<UInt32>(zero: 0)
  private var down = Scratch<UInt32>(zero: 0)
  private var column = Scratch<UInt32>(zero: 0)
  private var columns = Scratch<UInt32>(zero: 0)

  /// - Parameter layer: In columns, premultiplied.
  /// - Returns: In rows, valid until the next call.
  mutating func resize(_ layer: GlyphLayer, width: Int, height: Int, _ tables: inout BicubicTables) -> GlyphLayer {
    // Since version 13, Pillow resizes vertically first where the height shrinks over twice as much as the width.
    if height < layer.height && width != layer.width && layer.height - height > 2 * (layer.width - width) {
      let low = resizeDown(transpose(layer), tables.table(from: layer.height, to: height))
      return resizeAcrossThenDown(turned(low), width: width, height: height, &tables)
    }
    return resizeAcrossThenDown(layer, width: width, height: height, &tables)
  }

  private mutating func resizeAcrossThenDown(
    _ layer: GlyphLayer, width: Int, height: Int, _ tables: inout BicubicTables
  ) -> GlyphLayer {
    let stride = PixelVector.roundUp(width)
    let wide = across.reserve(GlyphLayer.margin + layer.stride * stride) + GlyphLayer.margin
    if width == layer.width {
      transpose(layer, into: wide, stride: stride)
    } else {
      resizeAcross(layer, tables.table(from: layer.width, to: width), into: wide, stride: stride)
    }
    var result = GlyphLayer(
      width: width, height: layer.height, stride: stride, pixels: wide, isPremultiplied: true)
    if height != layer.height {
      result = resizeDown(result, tables.table(from: layer.height, to: height))
    }
    return result
  }

  /// Columns into rows, at the same size.
  mutating func transpose(_ layer: GlyphLayer) -> GlyphLayer {
    let stride = PixelVector.roundUp(layer.width)
    let rows = across.reserve(GlyphLayer.margin + layer.stride * stride) + GlyphLayer.margin
    transpose(layer, into: rows, stride: stride)
    return GlyphLayer(
      width: layer.width, height: layer.height, stride: stride, pixels: rows,
      isPremultiplied: layer.isPremultiplied)
  }

  private func transpose(_ layer: GlyphLayer, into rows: UnsafeMutablePointer<UInt32>, stride: Int) {
    for x in 0..<layer.width {
      for y in 0..<layer.height { rows[y * stride + x] = layer.pixels[x * layer.stride + y] }
    }
  }

  /// Rows into columns.
  private mutating func turned(_ layer: GlyphLayer) -> GlyphLayer {
    let stride = PixelVector.roundUp(layer.height)
    let pixels = columns.reserve(stride * layer.width)
    for x in 0..<layer.width {
      for y in 0..<layer.height { pixels[x * stride + y] = layer.pixels[y * layer.stride + x] }
    }
    return GlyphLayer(
      width: layer.width, height: layer.height, stride: stride, pixels: pixels,
      isPremultiplied: layer.isPremultiplied)
  }

  private mutating func resizeAcross(
    _ layer: GlyphLayer, _ table: BicubicTable, into rows: UnsafeMutablePointer<UInt32>, stride: Int
  ) {
    let left = column.reserve(2 * layer.stride)
    let right = left + layer.stride
    // Two columns at a time, so that two pixels of a row are stored at once. After an odd number, the last column is
    // stored once more in the row's padding.
    for x in Swift.stride(from: 0, to: table.outputCount, by: 2) {
      let next = min(x + 1, table.outputCount - 1)
      table.weigh(line: x, of: layer.pixels, stride: layer.stride, hasAlpha: true, into: left)
      table.weigh(line: next, of: layer.pixels, stride: layer.stride, hasAlpha: true, into: right)
      var target = UnsafeMutableRawPointer(rows + x)
      for y in 0..<layer.height {
        let pair = UInt64(left[y]) | UInt64(right[y]) &<< 32
        target.storeBytes(of: pair.littleEndian, as: UInt64.self)
        target += 4 &* stride
      }
    }
  }

  private mutating func resizeDown(_ layer: GlyphLayer, _ table: BicubicTable) -> GlyphLayer {
    let rows = down.reserve(GlyphLayer.margin + table.outputCount * layer.stride) + GlyphLayer.margin
    for y in 0..<table.outputCount {
      table.weigh(line: y, of: layer.pixels, stride: layer.stride, hasAlpha: true, into: rows + y * layer.stride)
    }
    return GlyphLayer(
      width: layer.width, height: table.outputCount, stride: layer.stride, pixels: rows, isPremultiplied: true)
  }
}
