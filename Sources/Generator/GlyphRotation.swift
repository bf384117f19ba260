/// Rotation about the centre with bilinear sampling on premultiplied alpha, into an image that holds all of it: Pillow's
/// `Image.rotate(angle, Resampling.BILINEAR, expand=True)` and `ImagingGenericTransform` with `bilinear_filter32RGB`.
struct GlyphRotation: ~Copyable {
  private var pixels = Scratch<UInt32>(zero: 0)
  private var places = Scratch<UInt32>(zero: 0)
  private var fractionsX = Scratch<Double>(zero: 0)
  private var fractionsY = Scratch<Double>(zero: 0)

  /// The turned glyph, in columns, valid until the next call.
  /// - Parameters:
  ///   - plan: Made for this mask.
  ///   - isSettled: Whether the pixels shall have gone through RGBA, as they do where another filter follows.
  mutating func rotate(
    _ mask: InkMask, _ plan: RotationPlan, _ ink: borrowing InkTable, isSettled: Bool
  ) -> GlyphLayer {
    let stride = GlyphLayer.stride(for: plan.height)
    let layer = GlyphLayer(
      width: plan.width, height: plan.height, order: .columns, stride: stride,
      pixels: pixels.reserve(stride * plan.width), isPremultiplied: true)
    let points = RotationPoints(
      places: places.reserve(stride), dx: fractionsX.reserve(stride), dy: fractionsY.reserve(stride))
    // SAFETY: every index stays inside its buffer. A coverage is at most 255; only points on the mask are sampled, and they
    // reach one pixel beyond it, its border.
    mask.coverage.withUnsafeBufferPointer { coverage in
      guard let coverage = coverage.baseAddress else { return }
      let source = RotationSource(
        stride: mask.stride, coverage: UnsafeRawPointer(coverage), channels: ink.channels,
        solid: isSettled ? ink.settled : ink.premultiplied, inverses: ink.inverses, isSettled: isSettled)
      for x in 0..<plan.width { source.rotateColumn(x, plan, points: points, into: layer.pixels + x * stride) }
    }
    return layer
  }

  /// The glyph as it is, in columns: Pillow's rotation by 0 degrees is a copy.
  mutating func copy(_ mask: InkMask, _ ink: borrowing InkTable, isPremultiplied: Bool) -> GlyphLayer {
    let stride = GlyphLayer.stride(for: mask.height)
    let layer = GlyphLayer(
      width: mask.width, height: mask.height, order: .columns, stride: stride,
      pixels: pixels.reserve(stride * mask.width), isPremultiplied: isPremultiplied)
    for x in 0..<mask.width {
      for y in 0..<mask.height {
        let coverage = Int(mask.coverage[(y + 1) * mask.stride + x + 1])
        layer.pixels[x * stride + y] = isPremultiplied ? ink.premultiplied[coverage] : ink.straight[coverage]
      }
    }
    return layer
  }
}

/// The points of a column on the mask, in separate lines so that four are computed at once.
private struct RotationPoints {
  /// The pixel up and left of each point.
  let places: UnsafeMutablePointer<UInt32>
  /// How far beyond that pixel's middle the point is.
  let dx: UnsafeMutablePointer<Double>
  let dy: UnsafeMutablePointer<Double>
}

/// What is sampled: the mask, and the pixel that each coverage stands for.
private struct RotationSource {
  let stride: Int
  let coverage: UnsafeRawPointer
  let channels: UnsafeMutablePointer<SIMD4<Double>>
  let solid: UnsafeMutablePointer<UInt32>
  let inverses: UnsafeMutablePointer<UInt32>
  let isSettled: Bool

  /// - Parameter points: Room for the column's points, rounded up to four.
  @inline(__always)
  func rotateColumn(
    _ x: Int, _ plan: RotationPlan, points: RotationPoints, into column: UnsafeMutablePointer<UInt32>
  ) {
    let inside = plan.rows(inColumn: x)
    for y in 0..<inside.lowerBound { column[y] = 0 }
    for y in inside.upperBound..<plan.height { column[y] = 0 }
    let startX = plan.xByX * (Double(x) + 0.5)
    let startY = plan.yByX * (Double(x) + 0.5)
    for row in Swift.stride(from: 0, to: inside.count, by: 4) {
      let rows = SIMD4<Double>(0.5, 1.5, 2.5, 3.5) + Double(inside.lowerBound + row)
      let xs = ((startX + plan.xByY * rows) + plan.shift.x) - 0.5
      let ys = ((startY + plan.yByY * rows) + plan.shift.y) - 0.5
      let (columns, lines) = (Floor(xs), Floor(ys))
      let places = (lines.integers &+ 1) &* UInt32(truncatingIfNeeded: stride) &+ columns.integers &+ 1
      UnsafeMutableRawPointer(points.places + row).storeBytes(of: places, as: SIMD4<UInt32>.self)
      UnsafeMutableRawPointer(points.dx + row).storeBytes(of: xs - columns.doubles, as: SIMD4<Double>.self)
      UnsafeMutableRawPointer(points.dy + row).storeBytes(of: ys - lines.doubles, as: SIMD4<Double>.self)
    }
    let output = column + inside.lowerBound
    for row in 0..<inside.count { output[row] = sample(points.places[row], points.dx[row], points.dy[row]) }
  }

  /// The pixel between four of the mask.
  @inline(__always)
  private func sample(_ place: UInt32, _ dx: Double, _ dy: Double) -> UInt32 {
    let corner = coverage + Int(place)
    let upperPair = corner.loadUnaligned(as: UInt16.self)
    let lowerPair = (corner + stride).loadUnaligned(as: UInt16.self)
    let (a, b) = (Int(upperPair & 255), Int(upperPair &>> 8))
    // Most pixels lie inside a stroke or off it: all four are the same, and so is every mean of them.
    if upperPair == lowerPair && a == b { return solid[a] }
    let (c, d) = (Int(lowerPair & 255), Int(lowerPair &>> 8))
    let upper = channels[a] + (channels[b] - channels[a]) * dx
    let lower = channels[c] + (channels[d] - channels[c]) * dx
    let pixel = Floor(upper + (lower - upper) * dy).integers
    return packed(isSettled ? settled(pixel, inverse: inverses[Int(pixel.w & 255)]) : pixel)
  }
}

/// Size and mapping of a turned image: the source's point for the output's point (x, y) is
/// (xByX x + xByY y, yByX x + yByY y) + shift.
struct RotationPlan {
  let width: Int
  let height: Int
  let xByX: Double
  let xByY: Double
  let yByX: Double
  let yByY: Double
  let shift: SIMD2<Double>
  /// The source's size.
  private let sourceSize: SIMD2<Double>
  /// 1 / xByY and 1 / yByY, for estimates only.
  private let inverseSlopes: SIMD2<Double>

  /// The arithmetic of Pillow's `Image.rotate`, in its order, so that the doubles are the same.
  /// - Parameter degrees: Counterclockwise; within ±360.
  init(width: Int, height: Int, degrees: Double) {
    let turn = degrees < 0 ? degrees + 360 : degrees
    let angle = sineAndCosine(ofRadians: -(turn * (Double.pi / 180)))
    let (sine, cosine) = (roundedTo15Places(angle.sine), roundedTo15Places(angle.cosine))
    let (w, h) = (Double(width), Double(height))
    func turned(_ x: Double, _ y: Double, _ shift: SIMD2<Double>) -> SIMD2<Double> {
      SIMD2(cosine * x + sine * y + shift.x, -sine * x + cosine * y + shift.y)
    }
    let centered = turned(-(w / 2), -(h / 2), SIMD2()) + SIMD2(w / 2, h / 2)
    let (a, b) = (turned(0, 0, centered), turned(w, 0, centered))
    let (c, d) = (turned(w, h, centered), turned(0, h, centered))
    let upper = SIMD2(max(a.x, b.x, c.x, d.x), max(a.y, b.y, c.y, d.y)).rounded(.up)
    let lower = SIMD2(min(a.x, b.x, c.x, d.x), min(a.y, b.y, c.y, d.y)).rounded(.down)
    self.width = Int(upper.x - lower.x)
    self.height = Int(upper.y - lower.y)
    (xByX, xByY, yByX, yByY) = (cosine, sine, -sine, cosine)
    shift = turned(-(Double(self.width - width) / 2), -(Double(self.height - height) / 2), centered)
    sourceSize = SIMD2(w, h)
    inverseSlopes = 1 / SIMD2(sine, cosine)
  }

  /// The rows of a column whose points lie on the source.
  func rows(inColumn x: Int) -> Range<Int> {
    let (startX, startY) = (xByX * (Double(x) + 0.5) + shift.x, yByX * (Double(x) + 0.5) + shift.y)
    // So flat that it may cross nothing within the image; Pillow's test, row by row, then.
    guard abs(inverseSlopes.x) < 1e6 && abs(inverseSlopes.y) < 1e6 else { return scannedRows(inColumn: x) }
    let byX = crossing(startX, inverseSlopes.x, sourceSize.x)
    let byY = crossing(startY, inverseSlopes.y, sourceSize.y)
    var lower = rounded(byX.enter > byY.enter ? byX.enter : byY.enter)
    var upper = rounded(byX.leave < byY.leave ? byX.leave : byY.leave)
    // The estimate may be off by a row where a point lies on the edge; Pillow's test decides.
    if lower > 0 && isInside(x, lower - 1) { lower -= 1 } else if lower < height && !isInside(x, lower) { lower += 1 }
    if upper < height && isInside(x, upper) { upper += 1 } else if upper > 0 && !isInside(x, upper - 1) { upper -= 1 }
    return lower..<(upper < lower ? lower : upper)
  }

  /// Where start + slope · (y + 0.5) enters and leaves 0 ..< size.
  private func crossing(_ start: Double, _ inverseSlope: Double, _ size: Double) -> (enter: Double, leave: Double) {
    let (zero, end) = (-start * inverseSlope - 0.5, (size - start) * inverseSlope - 0.5)
    return inverseSlope > 0 ? (zero, end) : (end, zero)
  }

  /// The first row that is not before `crossing`, or an end of the column.
  private func rounded(_ crossing: Double) -> Int {
    let limit = Double(height)
    let clamped = crossing < 0 ? 0 : crossing > limit ? limit : crossing
    return Int(clamped.rounded(.up))
  }

  private func scannedRows(inColumn x: Int) -> Range<Int> {
    let inside = (0..<height).filter { isInside(x, $0) }
    guard let first = inside.first, let last = inside.last else { return 0..<0 }
    return first..<last + 1
  }

  private func isInside(_ x: Int, _ y: Int) -> Bool {
    let (u, v) = (Double(x) + 0.5, Double(y) + 0.5)
    let sourceX = xByX * u + xByY * v + shift.x
    let sourceY = yByX * u + yByY * v + shift.y
    return sourceX >= 0 && sourceX < sourceSize.x && sourceY >= 0 && sourceY < sourceSize.y
  }
}
