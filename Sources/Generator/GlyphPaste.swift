/// Pulls a glyph's corners apart, back into its cell, and lays the cell on the canvas: Pillow's
/// `transform(size, Transform.QUAD, data)` with nearest pixels, then `paste` through a mask of the glyph's luma.
struct GlyphPaste: ~Copyable {
  /// One column of the cell, and the inverse of each pixel's alpha.
  private var pixels = Scratch<UInt32>(zero: 0)
  private var inverses = Scratch<UInt32>(zero: 0)

  /// - Parameters:
  ///   - layer: In rows.
  ///   - left: Where the cell's left column lands; the cell is centred vertically as the package does.
  mutating func paste(_ layer: GlyphLayer, cell: SIMD2<Int>, warp: SIMD4<Int>, left: Int, on canvas: borrowing Canvas) {
    let quad = QuadPlan(cell: cell, warp: warp)
    let top = (canvas.height - cell.y) / 2
    let rows = max(0, -top)..<min(cell.y, canvas.height - top)
    let columns = (0..<cell.x).clamped(to: -left..<max(-left, canvas.width - left))
    guard !rows.isEmpty else { return }
    // Room for the last eight rows, of which some may lie beyond the cell.
    let pixels = pixels.reserve(rows.count + 8)
    let inverses = inverses.reserve(rows.count + 8)
    for x in columns {
      gather(layer, quad, x: x, rows: rows, pixels)
      for row in stride(from: 0, to: rows.count, by: 8) {
        let block = (pixels + row, inverses + row)
        guard prepare(block.0, block.1, isPremultiplied: layer.isPremultiplied) else { continue }
        blend(block.0, block.1, into: canvas.column(left + x) + top + rows.lowerBound + row, plane: canvas.rowStride)
      }
    }
  }

  /// Fetches what one column of the cell shows; 0 where that is nothing, also for the rows beyond the last that fill up
  /// eight.
  @inline(__always)
  private func gather(
    _ layer: GlyphLayer, _ quad: QuadPlan, x: Int, rows: Range<Int>, _ pixels: UnsafeMutablePointer<UInt32>
  ) {
    let u = Double(x) + 0.5
    let start = quad.origin + quad.byX * u
    let twist = quad.byXY * u
    let (width, height) = (Double(layer.width), Double(layer.height))
    for row in stride(from: 0, to: rows.count, by: 4) {
      let v = SIMD4<Double>(0.5, 1.5, 2.5, 3.5) + Double(rows.lowerBound + row)
      let xs = SIMD4(repeating: start.x) + quad.byY.x * v + twist.x * v
      let ys = SIMD4(repeating: start.y) + quad.byY.y * v + twist.y * v
      let isInside = (xs .>= 0) .& (xs .< width) .& (ys .>= 0) .& (ys .< height)
      let place = WholeNumbers(flooring: ys).values * Double(layer.stride) + WholeNumbers(flooring: xs).values
      let places = WholeNumbers.bits(of: place.replacing(with: 0, where: .!isInside))
      for lane in 0..<4 { pixels[row + lane] = isInside[lane] ? layer.pixels[Int(places[lane])] : 0 }
    }
    for row in rows.count..<(rows.count + 7) & ~7 { pixels[row] = 0 }
  }

  /// Looks up the inverses of eight pixels' alphas.
  /// - Returns: Whether there is anything to blend.
  @inline(__always)
  private func prepare(
    _ pixels: UnsafeMutablePointer<UInt32>, _ inverses: UnsafeMutablePointer<UInt32>, isPremultiplied: Bool
  ) -> Bool {
    var any: UInt32 = 0
    for row in 0..<8 { any |= pixels[row] }
    guard any != 0 else { return false }
    alphaInverses.withUnsafeBufferPointer { alphaInverses in
      for row in 0..<8 {
        // Straight pixels and those of alpha 0 are taken as they are; from here on, alpha is only the channels' limit.
        if pixels[row] < 1 << 24 || !isPremultiplied { pixels[row] |= 255 << 24 }
        inverses[row] = alphaInverses[Int(pixels[row] &>> 24)]
      }
    }
    return true
  }

  /// Eight rows of a column. Rows beyond the cell have pixels of 0, which change nothing, so that what lies below may be
  /// another plane or the column's end.
  @inline(__always)
  private func blend(
    _ pixels: UnsafePointer<UInt32>, _ inverses: UnsafePointer<UInt32>, into column: UnsafeMutablePointer<UInt8>,
    plane: Int
  ) {
    let pixel = UnsafeRawPointer(pixels).loadUnaligned(as: SIMD8<UInt32>.self)
    let inverse = UnsafeRawPointer(inverses).loadUnaligned(as: SIMD8<UInt32>.self)
    let limit = pixel &>> 24
    let red = straightened(pixel & 255, limit: limit, inverse: inverse)
    let green = straightened((pixel &>> 8) & 255, limit: limit, inverse: inverse)
    let blue = straightened((pixel &>> 16) & 255, limit: limit, inverse: inverse)
    let luma = (19595 &* red &+ 38470 &* green &+ 7471 &* blue &+ 0x8000) &>> 16
    // The package's mask: luma times 1.97, cut to a whole number, at most 255; up to there 129106 / 2^16 does the same.
    let scaled = (luma &* 129106) &>> 16
    let mask = (scaled | (0 &- ((255 &- scaled) &>> 31))) & 255
    mix(red, mask, into: column)
    mix(green, mask, into: column + plane)
    mix(blue, mask, into: column + 2 * plane)
  }

  @inline(__always)
  private func mix(_ above: SIMD8<UInt32>, _ mask: SIMD8<UInt32>, into column: UnsafeMutablePointer<UInt8>) {
    let target = UnsafeMutableRawPointer(column)
    let below = SIMD8<UInt32>(truncatingIfNeeded: target.loadUnaligned(as: SIMD8<UInt8>.self))
    let mixed = dividedBy255(below &* (255 &- mask) &+ above &* mask)
    target.storeBytes(of: SIMD8<UInt8>(truncatingIfNeeded: mixed), as: SIMD8<UInt8>.self)
  }
}

/// The source's point for a point (u, v) of the cell: origin + byX u + byY v + byXY u v.
private struct QuadPlan {
  let origin: SIMD2<Double>
  let byX: SIMD2<Double>
  let byY: SIMD2<Double>
  let byXY: SIMD2<Double>

  /// The arithmetic of Pillow's `Image.transform` for QUAD, in its order.
  init(cell: SIMD2<Int>, warp: SIMD4<Int>) {
    let size = warpedSize(cell: cell, warp: warp)
    let (x1, y1, x2, y2) = (warp.x, warp.y, warp.z, warp.w)
    let northWest = SIMD2(Double(x1), Double(y1))
    let southWest = SIMD2(Double(-x1), Double(size.y - y2))
    let southEast = SIMD2(Double(size.x + x2), Double(size.y + y2))
    let northEast = SIMD2(Double(size.x - x2), Double(-y1))
    let scaleX = 1 / Double(cell.x)
    let scaleY = 1 / Double(cell.y)
    origin = northWest
    byX = (northEast - northWest) * scaleX
    byY = (southWest - northWest) * scaleY
    byXY = (southEast - southWest - northEast + northWest) * scaleX * scaleY
  }
}

/// Size of a glyph before its corners are pulled back into the cell.
func warpedSize(cell: SIMD2<Int>, warp: SIMD4<Int>) -> SIMD2<Int> {
  SIMD2(cell.x + abs(warp.x) + abs(warp.z), cell.y + abs(warp.y) + abs(warp.w))
}
