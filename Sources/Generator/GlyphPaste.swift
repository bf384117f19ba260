/// Warps a glyph back into its cell and pastes the cell on the canvas: Pillow's `transform(size, Transform.QUAD, data)`
/// with nearest pixels, then `paste` through a mask of the glyph's luma.
struct GlyphPaste: ~Copyable {
  /// One column of the cell.
  private var column = Scratch<UInt32>(zero: 0)

  /// - Parameters:
  ///   - layer: In rows.
  ///   - left: The canvas column of the cell's left edge; vertically the cell is centred as in the package.
  mutating func paste(
    _ layer: GlyphLayer, cell: SIMD2<Int>, warp: SIMD4<Int>, left: Int, on canvas: borrowing Canvas
  ) {
    let quad = QuadPlan(cell: cell, warp: warp)
    let top = (canvas.height - cell.y) / 2
    let rows = max(0, -top)..<min(cell.y, canvas.height - top)
    let columns = (0..<cell.x).clamped(to: -left..<max(-left, canvas.width - left))
    guard !rows.isEmpty else { return }
    // SAFETY: `rows` and `columns` are inside the canvas, which has space for a vector after its last column; indices
    // are inside the layer or of the pixel before it.
    let pixels = column.reserve(PixelVector.roundUp(rows.count))
    for x in columns {
      gather(layer, quad, x: x, rows: rows, pixels)
      let target = canvas.column(left + x) + top + rows.lowerBound
      for row in stride(from: 0, to: rows.count, by: PixelVector.scalarCount) {
        var pixel = loadPixels(pixels + row)
        guard !isZero(pixel) else { continue }
        // At alpha 0 channels stay as they are, which straight pixels need.
        if !layer.isPremultiplied { pixel = pixel & 0xFF_FFFF }
        blend(pixel, into: target + row)
      }
    }
  }

  /// Fetches the pixels of one column of the cell; 0 outside the layer, and in the rows that fill up the last vector.
  /// In two passes, since extracting a vector's lanes at once makes the compiler compute them one by one.
  @inline(__always)
  private func gather(
    _ layer: GlyphLayer, _ quad: QuadPlan, x: Int, rows: Range<Int>, _ pixels: UnsafeMutablePointer<UInt32>
  ) {
    let column = QuadColumn(quad, layer, x: x, rows: rows)
    if !column.locate(pixels) { column.locateExactly(pixels) }
    let source = layer.pixels - 1
    for row in 0..<rows.count { pixels[row] = source[Int(pixels[row])] }
    for row in rows.count..<PixelVector.roundUp(rows.count) { pixels[row] = 0 }
  }

  /// Blends a vector of a column. Rows beyond the cell have pixels of 0, which change nothing, so the vector may reach
  /// into the next column.
  @inline(__always)
  private func blend(_ pixel: PixelVector, into target: UnsafeMutablePointer<UInt32>) {
    let straight = Unmultiply(alpha: pixel &>> 24)
    let (red, green, blue) = (straight(pixel & 255), straight((pixel &>> 8) & 255), straight((pixel &>> 16) & 255))
    // The package's mask: luma times 1.97, truncated, at most 255; up to there, 129106 / 2^16 gives the same.
    let mask = clippedToByte((luma(red, green, blue) &* 129106) &>> 16)
    paint(redBlue: red | (blue &<< 16), green: green, through: mask, over: target)
  }
}

/// The source's point for a point (u, v) of the cell: origin + byX u + byY v + byXY u v.
struct QuadPlan {
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

/// The indices of the layer's pixels in one column of the cell. Index 0 is the pixel before the first, which stands for
/// all points outside.
private struct QuadColumn {
  private let start: SIMD2<Double>
  private let byY: SIMD2<Double>
  private let twist: SIMD2<Double>
  private let rows: Range<Int>
  private let layer: GlyphLayer

  @inline(__always)
  init(_ quad: QuadPlan, _ layer: GlyphLayer, x: Int, rows: Range<Int>) {
    let u = Double(x) + 0.5
    start = quad.origin + quad.byX * u
    byY = quad.byY
    twist = quad.byXY * u
    self.rows = rows
    self.layer = layer
  }

  /// Pillow's own arithmetic.
  func locateExactly(_ indices: UnsafeMutablePointer<UInt32>) {
    for row in stride(from: 0, to: rows.count, by: 4) {
      let v = SIMD4<Double>(0.5, 1.5, 2.5, 3.5) + Double(rows.lowerBound + row)
      let columns = WholeNumbers(floorOf: start.x + byY.x * v + twist.x * v).integers
      let lines = WholeNumbers(floorOf: start.y + byY.y * v + twist.y * v).integers
      let pixelIndices = pixelIndex(widened(columns), widened(lines)).lowHalf.lowHalf
      UnsafeMutableRawPointer(indices + row).storeBytes(of: pixelIndices, as: SIMD4<UInt32>.self)
    }
  }

  private func widened(_ values: SIMD4<UInt32>) -> PixelVector {
    let half = SIMD8(lowHalf: values, highHalf: values)
    return PixelVector(lowHalf: half, highHalf: half)
  }

  /// The same in fixed point, where steps down the column are additions.
  /// - Returns: Whether every point is far enough from a pixel's edge for the error not to matter.
  @inline(__always)
  func locate(_ indices: UnsafeMutablePointer<UInt32>) -> Bool {
    guard max(layer.width, layer.height) <= Self.sizeMax else { return false }
    let step = byY + twist
    let first = start + step * (Double(rows.lowerBound) + 0.5)
    var (xs, ys) = (lanes(first.x, step.x), lanes(first.y, step.y))
    let count = UInt32(truncatingIfNeeded: PixelVector.scalarCount)
    let (stepX, stepY) = (count &* fixedPoint(step.x), count &* fixedPoint(step.y))
    // The first point and each step are off by half a unit at most.
    let margin = UInt32(truncatingIfNeeded: rows.count) &+ count
    var distances = PixelVector()
    for row in stride(from: 0, to: rows.count, by: PixelVector.scalarCount) {
      distances |= ((xs &+ margin) & Self.fractionMask) &- 2 &* margin
      distances |= ((ys &+ margin) & Self.fractionMask) &- 2 &* margin
      storePixels(pixelIndex(whole(xs), whole(ys)), to: indices + row)
      xs &+= stepX
      ys &+= stepY
    }
    return isZero(distances & 0x8000_0000)
  }

  /// Fraction bits. 13 bits and a sign are left for the whole part: corners move by less than the layer's size.
  private static let fractionBits = 18
  private static let fractionMask: UInt32 = 1 << 18 - 1
  private static let sizeMax = 2048

  @inline(__always)
  private func fixedPoint(_ value: Double) -> UInt32 {
    UInt32(truncatingIfNeeded: Int64((value * 0x1p18).rounded()))
  }

  /// The coordinates of the first points.
  @inline(__always)
  private func lanes(_ first: Double, _ step: Double) -> PixelVector {
    fixedPoint(first) &+ PixelVector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) &* fixedPoint(step)
  }

  @inline(__always)
  private func whole(_ values: PixelVector) -> PixelVector {
    unsafeBitCast(unsafeBitCast(values, to: SIMD16<Int32>.self) &>> Int32(Self.fractionBits), to: PixelVector.self)
  }

  @inline(__always)
  private func pixelIndex(_ column: PixelVector, _ line: PixelVector) -> PixelVector {
    let (width, height) = (UInt32(truncatingIfNeeded: layer.width), UInt32(truncatingIfNeeded: layer.height))
    // Outside, one of these is negative, and the index becomes 0.
    let signs = column | line | (width &- 1 &- column) | (height &- 1 &- line)
    let isInside = (signs &>> 31) &- 1
    return (line &* UInt32(truncatingIfNeeded: layer.stride) &+ column &+ 1) & isInside
  }
}

/// Size of a glyph before its corners are pulled back into the cell.
func warpedSize(cell: SIMD2<Int>, warp: SIMD4<Int>) -> SIMD2<Int> {
  SIMD2(cell.x + abs(warp.x) + abs(warp.z), cell.y + abs(warp.y) + abs(warp.w))
}
