/// Warps a glyph at the same size: Pillow's `transform(size, Transform.QUAD, data)` with nearest pixels, of an image
/// with a margin around the ink.
struct GlyphWarp: ~Copyable {
  /// [height + 2, stride]: first the index of each pixel's square, then its coverage; a border repeats the edge.
  private var pixels = Scratch<UInt32>(zero: 0)

  mutating func warp(_ mask: InkMask, by warp: SIMD4<Int>) -> InkMask {
    guard warp != SIMD4() else { return mask }
    // The last vector may begin at a line's last square and reach this far beyond.
    let stride = mask.width + 2 + PixelVector.scalarCount
    let lines = pixels.reserve((mask.height + 2) * stride)
    locate(mask, QuadPlan(cell: SIMD2(mask.width, mask.height), warp: warp), warp, lines, stride: stride)
    repeatEdges(mask, lines, stride: stride)
    return squares(of: mask, lines, stride: stride)
  }

  private func locate(
    _ mask: InkMask, _ quad: QuadPlan, _ warp: SIMD4<Int>, _ lines: UnsafeMutablePointer<UInt32>, stride: Int
  ) {
    let margin = (UInt32(abs(warp.x)), UInt32(abs(warp.y)))
    let (width, height) = (UInt32(mask.width), UInt32(mask.height))
    // SAFETY: an index is of one of the mask's squares, for points outside of the empty one.
    mask.withSquares { squares in
      for y in 0..<mask.height {
        let v = Double(y) + 0.5
        let line = lines + (y + 1) * stride + 1
        for x in Swift.stride(from: 0, to: mask.width, by: 4) {
          let u = SIMD4<Double>(0.5, 1.5, 2.5, 3.5) + Double(x)
          let xs = quad.origin.x + quad.byX.x * u + quad.byY.x * v + quad.byXY.x * u * v
          let ys = quad.origin.y + quad.byX.y * u + quad.byY.y * v + quad.byXY.y * u * v
          let (column, row) = (
            WholeNumbers(floorOf: xs).integers &- margin.0, WholeNumbers(floorOf: ys).integers &- margin.1
          )
          // Outside, one of these is negative.
          let signs = column | row | (width &- 1 &- column) | (height &- 1 &- row)
          let index = (row &+ 1) &* (width &+ 1) &+ column &+ 2
          let isInside = (signs &>> 31) &- 1
          UnsafeMutableRawPointer(line + x).storeBytes(of: index & isInside, as: SIMD4<UInt32>.self)
        }
        for x in 0..<mask.width { line[x] = squares[Int(line[x])] & 255 }
      }
    }
  }

  private func repeatEdges(_ mask: InkMask, _ lines: UnsafeMutablePointer<UInt32>, stride: Int) {
    for y in 1...mask.height {
      let line = lines + y * stride
      line[0] = line[1]
      line[mask.width + 1] = line[mask.width]
    }
    lines.update(from: lines + stride, count: mask.width + 2)
    (lines + (mask.height + 1) * stride).update(from: lines + mask.height * stride, count: mask.width + 2)
  }

  private func squares(of mask: InkMask, _ lines: UnsafeMutablePointer<UInt32>, stride: Int) -> InkMask {
    InkMask(width: mask.width, height: mask.height) { target in
      for y in 0...mask.height {
        let (upper, lower) = (lines + y * stride, lines + (y + 1) * stride)
        // The next line overwrites what the last vector writes beyond the end.
        for x in Swift.stride(from: 0, through: mask.width, by: PixelVector.scalarCount) {
          let pair = loadPixels(upper + x) | (loadPixels(upper + x + 1) &<< 8)
          let below = (loadPixels(lower + x) &<< 16) | (loadPixels(lower + x + 1) &<< 24)
          storePixels(pair | below, to: target + y * mask.stride + x)
        }
      }
    }
  }
}
