import Samples

/// Draws images from parameters, pixel for pixel as wheezy.captcha 3.2.2 does with Pillow.
package final class WheezyRenderer: CaptchaRenderer {
  private let atlas: GlyphAtlas
  private var stages = WheezyStages()

  package init(atlas: GlyphAtlas) { self.atlas = atlas }

  package func draw(_ parameters: WheezyParameters, format: PixelFormat) -> ImageColumns {
    stages.draw(parameters, atlas, format: format)
  }
}

/// The stages of a drawing and their buffers. As properties of the class, each use would be checked for exclusive access.
private struct WheezyStages: ~Copyable {
  private var canvas = Canvas()
  private var ink = InkTable()
  private var warp = GlyphWarp()
  private var rotation = GlyphRotation()
  private var paste = LumaPaste()
  /// By their number of control points.
  private var bezierCurves: [Int: BezierCurve] = [:]

  mutating func draw(_ parameters: WheezyParameters, _ atlas: GlyphAtlas, format: PixelFormat) -> ImageColumns {
    canvas.clear(width: parameters.width, height: parameters.height, to: parameters.background)
    drawText(parameters, atlas)
    for curve in parameters.curves { drawCurve(curve) }
    let noise = parameters.noise
    for point in noise.points {
      drawWideLine(
        from: point, to: point &+ SIMD2(noise.level, 0), width: noise.level, color: packed(noise.color), on: canvas)
    }
    return canvas.smoothedColumns(format: format)
  }

  private mutating func drawText(_ parameters: WheezyParameters, _ atlas: GlyphAtlas) {
    let glyphs = parameters.glyphs.map { TurnedGlyph($0, atlas) }
    let steps = glyphs.map { Int(Double($0.size.x) * parameters.squeezeFactor) }
    let textWidth = steps.dropLast().reduce(0, +) + (glyphs.last?.size.x ?? 0)
    var left = (parameters.width - textWidth) / 2
    for (glyph, step) in zip(glyphs, steps) {
      draw(glyph, left: left)
      left += step
    }
  }

  private mutating func draw(_ glyph: TurnedGlyph, left: Int) {
    guard !glyph.mask.isEmpty else { return }
    ink.set(color: SIMD4(glyph.parameters.color, 255))
    let mask = warp.warp(glyph.mask, by: glyph.parameters.warp)
    let layer =
      glyph.parameters.rotationDegrees == 0
      ? rotation.copy(mask, ink, isPremultiplied: true) : rotation.rotate(mask, glyph.plan, ink, isSettled: false)
    let top = (canvas.height - glyph.size.y) / 2
    paste.paste(layer, at: SIMD2(left, top) &+ glyph.parameters.offset, on: canvas)
  }

  private mutating func drawCurve(_ curve: WheezyParameters.Curve) {
    let spacing = Double(canvas.width) / Double(curve.heights.count + 1)
    let controls = curve.heights.enumerated().map { SIMD2(spacing * Double($0 + 1), Double($1)) }
    let bezierCurve = bezierCurves[controls.count] ?? BezierCurve(controlCount: controls.count)
    bezierCurves[controls.count] = bezierCurve
    let points = bezierCurve.points(controls)
    for (start, end) in zip(points, points.dropFirst()) {
      drawWideLine(from: start, to: end, width: curve.width, color: packed(curve.color), on: canvas)
    }
  }
}

/// A character with its size after rotation, which is known before it is drawn.
private struct TurnedGlyph {
  let parameters: WheezyParameters.Glyph
  let mask: InkMask
  let plan: RotationPlan
  /// Width and height of the rotated character, its offset included.
  let size: SIMD2<Int>

  /// - Precondition: the atlas has the character.
  init(_ parameters: WheezyParameters.Glyph, _ atlas: GlyphAtlas) {
    self.parameters = parameters
    mask = parameters.mask(in: atlas)
    let extent = parameters.extent(in: atlas)
    plan = RotationPlan(width: extent.x, height: extent.y, degrees: parameters.rotationDegrees)
    size = SIMD2(plan.width, plan.height) &+ parameters.offset
  }
}

// - Precondition: the atlas has the character.
extension WheezyParameters.Glyph {
  /// The ink on the character's own image, which begins at (0, 0), cut to what is not black there.
  fileprivate func mask(in atlas: GlyphAtlas) -> InkMask {
    let glyph = glyph(in: atlas)
    let mask = glyph.ink(at: SIMD2(), width: glyph.cell.x - 1, height: glyph.cell.y - 1)
    let brightest = UInt32(color.max())
    // Faint ink of a dark color rounds to black.
    guard let threshold = (1...255).first(where: { dividedBy255($0 * brightest) > 0 }) else {
      return mask.cut(x: 0..<0, y: 0..<0)
    }
    return threshold == 1 ? mask : mask.cut(x: 0..<mask.width, y: 0..<mask.height, threshold: UInt8(threshold))
  }

  /// Width and height of the character's own image, cut to the ink; all of it where there is none.
  func extent(in atlas: GlyphAtlas) -> SIMD2<Int> {
    let mask = mask(in: atlas)
    return mask.isEmpty ? glyph(in: atlas).cell &- 1 : SIMD2(mask.width, mask.height)
  }
}
