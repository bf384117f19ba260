/// Rotation about the centre with bilinear sampling on premultiplied alpha, into an image that holds all of it:
/// Pillow's `Image.rotate(angle, Resampling.BILINEAR, expand=True)` and `ImagingGenericTransform` with
/// `bilinear_filter32RGB`.
struct GlyphRotation: ~Copyable {
  private var pixels = Scratch<UInt32>(zero: 0)
  private var points = RotationPoints()
  private var edges = EdgePixels()

  /// The rotated glyph, in columns, valid until the next call.
  /// - Parameters:
  ///   - plan: Made for this mask.
  ///   - isSettled: Whether to convert the pixels to RGBA and back, as Pillow does before another filter.
  mutating func rotate(
    _ mask: InkMask, _ plan: RotationPlan, _ ink: borrowing InkTable, isSettled: Bool
  ) -> GlyphLayer {
    let stride = PixelVector.roundUp(plan.height)
    let layer = GlyphLayer(
      width: plan.width, height: plan.height, stride: stride,
      pixels: pixels.reserve(stride * plan.width), isPremultiplied: true)
    points.reserve(stride)
    edges.reserve(stride * plan.width)
    let ownSolid = ink.premultiplied(coverage: 255)
    let solid = isSettled ? settled(PixelVector(repeating: ownSolid))[0] : ownSolid
    // SAFETY: every index stays inside its buffer: indices are of squares, and coverages are at most 255.
    mask.withSquares { squares in
      for x in 0..<plan.width {
        let rows = plan.rows(inColumn: x)
        points.locate(plan, x: x, rows: rows, stride: Double(mask.stride))
        sample(squares, x: x, rows: rows, solid: solid, channels: ink.channels, into: layer)
      }
    }
    if isSettled { edges.settle() }
    edges.store(in: layer.pixels)
    return layer
  }

  /// Writes the pixels of a column whose four neighbours are all empty or all solid, and collects the others.
  @inline(__always)
  private mutating func sample(
    _ squares: UnsafePointer<UInt32>, x: Int, rows: Range<Int>, solid: UInt32,
    channels: UnsafePointer<SIMD4<Double>>, into layer: GlyphLayer
  ) {
    let column = layer.pixels + x * layer.stride
    for y in 0..<rows.lowerBound { column[y] = 0 }
    for y in rows.upperBound..<layer.height { column[y] = 0 }
    let first = edges.count
    var count = first
    for row in 0..<rows.count {
      let square = squares[Int(points.indices[row])]
      column[rows.lowerBound + row] = square & solid
      // Stored always and counted only where it is an edge: a branch would often be mispredicted.
      edges.pixels[count] = square
      edges.indices[count] = UInt32(truncatingIfNeeded: row)
      count += square &+ 1 > 1 ? 1 : 0
    }
    edges.count = count
    let start = UInt32(truncatingIfNeeded: x * layer.stride + rows.lowerBound)
    for edge in first..<count {
      let row = Int(edges.indices[edge])
      edges.pixels[edge] = mean(of: edges.pixels[edge], points.dx[row], points.dy[row], channels)
      edges.indices[edge] &+= start
    }
  }

  /// The bilinear mean of four pixels, premultiplied.
  @inline(__always)
  private func mean(
    of square: UInt32, _ dx: Double, _ dy: Double, _ channels: UnsafePointer<SIMD4<Double>>
  ) -> UInt32 {
    let (a, b) = (channels[Int(square & 255)], channels[Int((square &>> 8) & 255)])
    let (c, d) = (channels[Int((square &>> 16) & 255)], channels[Int(square &>> 24)])
    let upper = a + (b - a) * dx
    let lower = c + (d - c) * dx
    return WholeNumbers(floorOf: upper + (lower - upper) * dy).bytes
  }

  /// The glyph without rotation, in columns: Pillow's rotation by 0 degrees is a copy.
  mutating func copy(_ mask: InkMask, _ ink: borrowing InkTable, isPremultiplied: Bool) -> GlyphLayer {
    let stride = PixelVector.roundUp(mask.height)
    let layer = GlyphLayer(
      width: mask.width, height: mask.height, stride: stride,
      pixels: pixels.reserve(stride * mask.width), isPremultiplied: isPremultiplied)
    for x in 0..<mask.width {
      for y in 0..<mask.height {
        let coverage = mask.coverage(x: x, y: y)
        layer.pixels[x * stride + y] =
          isPremultiplied ? ink.premultiplied(coverage: coverage) : ink.straight(coverage: coverage)
      }
    }
    return layer
  }
}

/// The source points of a column's pixels, in separate arrays so that four are computed at once.
private struct RotationPoints: ~Copyable {
  private var indexBuffer = Scratch<UInt32>(zero: 0)
  private var fractions = Scratch<Double>(zero: 0)
  /// Index of the square that each point is in, or of the empty one.
  private(set) var indices: UnsafeMutablePointer<UInt32>
  /// Distance from the middle of the square's upper left pixel to the point.
  private(set) var dx: UnsafeMutablePointer<Double>
  private(set) var dy: UnsafeMutablePointer<Double>

  init() {
    indices = indexBuffer.reserve(8)
    dx = fractions.reserve(16)
    dy = dx + 8
  }

  /// Makes space for `count` points, a multiple of 8.
  mutating func reserve(_ count: Int) {
    indices = indexBuffer.reserve(count)
    dx = fractions.reserve(2 * count)
    dy = dx + count
  }

  /// - Parameters:
  ///   - rows: The rows to locate.
  ///   - stride: Squares in a line of the mask.
  @inline(__always)
  mutating func locate(_ plan: RotationPlan, x: Int, rows: Range<Int>, stride: Double) {
    let startX = plan.cosine * (Double(x) + 0.5)
    let startY = -plan.sine * (Double(x) + 0.5)
    var v = SIMD4<Double>(0.5, 1.5, 2.5, 3.5) + Double(rows.lowerBound)
    for row in Swift.stride(from: 0, to: rows.count, by: 4) {
      let sourceX = (startX + plan.sine * v) + plan.shift.x
      let sourceY = (startY + plan.cosine * v) + plan.shift.y
      let (xs, ys) = (sourceX - 0.5, sourceY - 0.5)
      let (columns, lines) = (xs.rounded(.down), ys.rounded(.down))
      let squareIndex = WholeNumbers((lines + 1) * stride + (columns + 2))
      let isInside = isBelow(sourceX, plan.sourceSize.x) & isBelow(sourceY, plan.sourceSize.y)
      let squares = squareIndex.bits & (0 &- (isInside &>> 63))
      UnsafeMutableRawPointer(indices + row).storeBytes(of: lowHalves(squares), as: SIMD4<UInt32>.self)
      UnsafeMutableRawPointer(dx + row).storeBytes(of: xs - columns, as: SIMD4<Double>.self)
      UnsafeMutableRawPointer(dy + row).storeBytes(of: ys - lines, as: SIMD4<Double>.self)
      v += 4
    }
  }

  /// Sets the top bit of the lanes that are within 0 ..< size; none may be -0.
  @inline(__always)
  private func isBelow(_ values: SIMD4<Double>, _ size: Double) -> SIMD4<UInt64> {
    unsafeBitCast(values - size, to: SIMD4<UInt64>.self) & ~unsafeBitCast(values, to: SIMD4<UInt64>.self)
  }
}

/// The pixels of a layer that mix different coverages.
private struct EdgePixels: ~Copyable {
  private var pixelBuffer = Scratch<UInt32>(zero: 0)
  private var indexBuffer = Scratch<UInt32>(zero: 0)
  private(set) var pixels: UnsafeMutablePointer<UInt32>
  /// Index of each in the layer.
  private(set) var indices: UnsafeMutablePointer<UInt32>
  var count = 0

  init() {
    pixels = pixelBuffer.reserve(8)
    indices = indexBuffer.reserve(8)
  }

  /// Removes all and makes space for `count`.
  mutating func reserve(_ count: Int) {
    self.count = 0
    pixels = pixelBuffer.reserve(count + PixelVector.scalarCount)
    indices = indexBuffer.reserve(count + PixelVector.scalarCount)
  }

  /// Converts the pixels to RGBA and back.
  func settle() {
    for edge in stride(from: 0, to: count, by: PixelVector.scalarCount) {
      storePixels(settled(loadPixels(pixels + edge)), to: pixels + edge)
    }
  }

  func store(in layer: UnsafeMutablePointer<UInt32>) {
    for edge in 0..<count { layer[Int(indices[edge])] = pixels[edge] }
  }
}

/// Size and mapping of a rotated image: the source's point for the output's point (x, y) is (cosine x + sine y, cosine y -
/// sine x) + shift.
struct RotationPlan {
  let width: Int
  let height: Int
  let sine: Double
  let cosine: Double
  let shift: SIMD2<Double>
  /// The source's size.
  let sourceSize: SIMD2<Double>
  /// 1 / sine and 1 / cosine, for estimates only.
  private let inverseSlopes: SIMD2<Double>

  /// The arithmetic of Pillow's `Image.rotate`, in its order, so that the doubles are the same.
  /// - Parameter degrees: Counterclockwise; within ±360.
  init(width: Int, height: Int, degrees: Double) {
    let turn = degrees < 0 ? degrees + 360 : degrees
    let angle = sineAndCosine(ofRadians: -(turn * (Double.pi / 180)))
    let (sine, cosine) = (roundedTo15Places(angle.sine), roundedTo15Places(angle.cosine))
    (self.sine, self.cosine) = (sine, cosine)
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
    shift = turned(-(Double(self.width - width) / 2), -(Double(self.height - height) / 2), centered)
    sourceSize = SIMD2(w, h)
    inverseSlopes = 1 / SIMD2(sine, cosine)
  }

  /// A range of a column's rows that has all rows whose points lie on the source, and few others.
  func rows(inColumn x: Int) -> Range<Int> {
    let (startX, startY) = (cosine * (Double(x) + 0.5) + shift.x, -sine * (Double(x) + 0.5) + shift.y)
    // At such small slopes the edges may cross nothing within the image.
    guard abs(inverseSlopes.x) < 1e6 && abs(inverseSlopes.y) < 1e6 else { return 0..<height }
    let byX = crossing(startX, inverseSlopes.x, sourceSize.x)
    let byY = crossing(startY, inverseSlopes.y, sourceSize.y)
    let lower = clamped((byX.enter > byY.enter ? byX.enter : byY.enter) - 1)
    let upper = clamped((byX.leave < byY.leave ? byX.leave : byY.leave) + 2)
    return lower..<(upper < lower ? lower : upper)
  }

  /// Where start + slope * (y + 0.5) enters and leaves 0 ..< size.
  @inline(__always)
  private func crossing(_ start: Double, _ inverseSlope: Double, _ size: Double) -> (enter: Double, leave: Double) {
    let (zero, end) = (-start * inverseSlope - 0.5, (size - start) * inverseSlope - 0.5)
    return inverseSlope > 0 ? (zero, end) : (end, zero)
  }

  /// The row as a whole number, clamped to the column.
  @inline(__always)
  private func clamped(_ row: Double) -> Int {
    let limit = Double(height)
    return Int(row < 0 ? 0 : row > limit ? limit : row)
  }
}
