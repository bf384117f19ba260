extension InkMask {
  /// The mask with its corners pulled apart, of the same size: Pillow's `transform(size, Transform.QUAD, data)` of an image
  /// with room around the ink.
  func warped(by warp: SIMD4<Int>) -> InkMask {
    guard warp != SIMD4() else { return self }
    let quad = QuadPlan(cell: SIMD2(width, height), warp: warp)
    let (marginX, marginY) = (abs(warp.x), abs(warp.y))
    var pixels = [UInt8](repeating: 0, count: width * height)
    for y in 0..<height {
      for x in 0..<width {
        let point = quad.source(of: SIMD2(Double(x) + 0.5, Double(y) + 0.5))
        guard point.x >= 0 && point.y >= 0 else { continue }
        let (column, row) = (Int(point.x) - marginX, Int(point.y) - marginY)
        guard (0..<width).contains(column) && (0..<height).contains(row) else { continue }
        pixels[y * width + x] = coverage(x: column, y: row)
      }
    }
    return InkMask(pixels, width: width, x: 0..<width, y: 0..<height)
  }
}

extension QuadPlan {
  fileprivate func source(of point: SIMD2<Double>) -> SIMD2<Double> {
    origin + byX * point.x + byY * point.y + byXY * point.x * point.y
  }
}
