/// Rotation about the centre with bilinear sampling on premultiplied alpha, into an image that holds all of it: Pillow's
/// `Image.rotate(angle, Resampling.BILINEAR, expand=True)` and `ImagingGenericTransform` with `bilinear_filter32RGB`.
struct GlyphRotation: ~Copyable {
  private var pixels = Scratch<UInt32>(zero: 0)

  /// The turned glyph, in columns, valid until the next call.
  /// - Parameters:
  ///   - plan: Made for this mask.
  ///   - isSettled: Whether the pixels shall have gone through RGBA, as they do where another filter follows.
  mutating func rotate(_ mask: InkMask, _ plan: RotationPlan, _ ink: InkTable, isSettled: Bool) -> GlyphLayer {
    let stride = GlyphLayer.stride(for: plan.height)
    let layer = GlyphLayer(
      width: plan.width, height: plan.height, order: .columns, stride: stride,
      pixels: pixels.reserve(stride * plan.width),
      isPremultiplied: true)
    // SAFETY: every index stays inside its buffer. A coverage is at most 255; only points on the mask are sampled, and they
    // reach one pixel beyond it, its border; four rows at a time stay within the layer's stride.
    mask.coverage.withUnsafeBufferPointer { coverage in
      ink.channels.withUnsafeBufferPointer { channels in
        (isSettled ? ink.settledPixels : ink.premultiplied).withUnsafeBufferPointer { solid in
          alphaInverses.withUnsafeBufferPointer { inverses in
            guard let coverage = coverage.baseAddress, let channels = channels.baseAddress,
              let solid = solid.baseAddress, let inverses = inverses.baseAddress
            else { return }
            let source = RotationSource(
              stride: mask.stride, coverage: UnsafeRawPointer(coverage), channels: channels, solid: solid,
              inverses: isSettled ? inverses : nil)
            for x in 0..<plan.width { source.rotateColumn(x, plan, into: layer.pixels + x * stride) }
          }
        }
      }
    }
    return layer
  }

  /// The glyph as it is, in columns: Pillow's rotation by 0 degrees is a copy.
  mutating func copy(_ mask: InkMask, _ ink: InkTable, isPremultiplied: Bool) -> GlyphLayer {
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

/// What is sampled: the mask, and the pixel that each coverage stands for.
private struct RotationSource {
  let stride: Int
  let coverage: UnsafeRawPointer
  let channels: UnsafePointer<SIMD4<Double>>
  let solid: UnsafePointer<UInt32>
  /// `alphaInverses` where pixels shall be settled.
  let inverses: UnsafePointer<UInt32>?

  @inline(__always)
  func rotateColumn(_ x: Int, _ plan: RotationPlan, into column: UnsafeMutablePointer<UInt32>) {
    let inside = plan.rows(inColumn: x)
    for y in 0..<inside.lowerBound { column[y] = 0 }
    for y in inside.upperBound..<plan.height { column[y] = 0 }
    let startX = SIMD4(repeating: plan.xByX * (Double(x) + 0.5))
    let startY = SIMD4(repeating: plan.yByX * (Double(x) + 0.5))
    var y = inside.lowerBound
    while y < inside.upperBound {
      let rows = SIMD4<Double>(0.5, 1.5, 2.5, 3.5) + Double(y)
      let xs = ((startX + plan.xByY * rows) + plan.shift.x) - 0.5
      let ys = ((startY + plan.yByY * rows) + plan.shift.y) - 0.5
      let columns = WholeNumbers(flooring: xs).values
      let lines = WholeNumbers(flooring: ys).values
      let places = WholeNumbers.bits(of: (lines + 1) * Double(stride) + (columns + 1))
      let fractionsX = xs - columns
      let fractionsY = ys - lines
      for lane in 0..<min(4, inside.upperBound - y) {
        column[y + lane] = sample(Int(places[lane]), fractionsX[lane], fractionsY[lane])
      }
      y += 4
    }
  }

  /// The pixel between four of the mask.
  @inline(__always)
  private func sample(_ place: Int, _ dx: Double, _ dy: Double) -> UInt32 {
    let corner = coverage + place
    let upperPair = corner.loadUnaligned(as: UInt16.self)
    let lowerPair = (corner + stride).loadUnaligned(as: UInt16.self)
    let (a, b) = (Int(upperPair & 255), Int(upperPair &>> 8))
    // Most pixels lie inside a stroke or off it: all four are the same, and so is every mean of them.
    if upperPair == lowerPair && a == b { return solid[a] }
    let (c, d) = (Int(lowerPair & 255), Int(lowerPair &>> 8))
    let upper = channels[a] + (channels[b] - channels[a]) * dx
    let lower = channels[c] + (channels[d] - channels[c]) * dx
    let mean = WholeNumbers(flooring: upper + (lower - upper) * dy)
    let pixel = WholeNumbers.bits(of: mean.values)
    guard let inverses else { return packed(pixel) }
    return packed(settled(pixel, inverse: inverses[Int(pixel.w)]))
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
  }

  /// The rows of a column whose points lie on the source.
  func rows(inColumn x: Int) -> Range<Int> {
    // An estimate that is a row too wide at either end, then the exact test, the one that Pillow makes.
    let start = SIMD2(xByX, yByX) * (Double(x) + 0.5) + shift
    let byX = crossing(start.x, xByY, sourceSize.x)
    let byY = crossing(start.y, yByY, sourceSize.y)
    var lower = max(0, byX.lowerBound, byY.lowerBound)
    var upper = min(height, byX.upperBound, byY.upperBound)
    while lower < upper && !isInside(x, lower) { lower += 1 }
    while upper > lower && !isInside(x, upper - 1) { upper -= 1 }
    return lower..<max(lower, upper)
  }

  /// Where start + slope · y enters and leaves 0 ..< size.
  private func crossing(_ start: Double, _ slope: Double, _ size: Double) -> Range<Int> {
    // So flat that it crosses nothing within any image.
    guard abs(slope) > 1e-6 else { return 0..<height }
    let ends = (-start / slope, (size - start) / slope)
    let limit = Double(height)
    return Int(min(max(min(ends.0, ends.1), 0), limit)) - 1..<Int(min(max(max(ends.0, ends.1), 0), limit)) + 1
  }

  private func isInside(_ x: Int, _ y: Int) -> Bool {
    let (u, v) = (Double(x) + 0.5, Double(y) + 0.5)
    let sourceX = xByX * u + xByY * v + shift.x
    let sourceY = yByX * u + yByY * v + shift.y
    return sourceX >= 0 && sourceX < sourceSize.x && sourceY >= 0 && sourceY < sourceSize.y
  }
}
