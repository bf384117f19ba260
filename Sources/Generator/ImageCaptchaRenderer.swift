import Samples

/// Draws images from parameters, pixel for pixel as `captcha` 0.7.1 (class ImageCaptcha) does with Pillow.
package final class ImageCaptchaRenderer: CaptchaRenderer {
  private let atlas: GlyphAtlas
  private var stages = ImageCaptchaStages()

  package init(atlas: GlyphAtlas) { self.atlas = atlas }

  package func draw(_ parameters: ImageCaptchaParameters, format: PixelFormat) -> ImageColumns {
    stages.draw(parameters, atlas, format: format)
  }
}

/// The stages of a drawing and their buffers. As properties of the class, each use would be checked for exclusive access.
private struct ImageCaptchaStages: ~Copyable {
  private var canvas = Canvas()
  private var ink = InkTable()
  private var rotation = GlyphRotation()
  private var resize = GlyphResize()
  private var paste = GlyphPaste()
  private var tables = BicubicTables()

  mutating func draw(_ parameters: ImageCaptchaParameters, _ atlas: GlyphAtlas, format: PixelFormat) -> ImageColumns {
    let textWidth = parameters.glyphs.reduce(0) { $0 + $1.cell.x }
    canvas.clear(width: max(textWidth, parameters.width), height: parameters.height, to: parameters.background)
    ink.set(color: parameters.color)
    let averageWidth = textWidth / parameters.text.unicodeScalars.count
    var left = Int(Double(averageWidth) * 0.1)
    for (glyph, overlap) in zip(parameters.glyphs, parameters.overlaps) {
      draw(glyph, atlas, left: left)
      left += glyph.cell.x - overlap
    }
    if canvas.width > parameters.width { canvas.resize(width: parameters.width, &tables) }
    let color = packed(SIMD3(parameters.color.x, parameters.color.y, parameters.color.z))
    drawDots(parameters.dots, width: parameters.dotWidth, color: color, on: canvas)
    for arc in parameters.arcs { drawArc(arc, color: color, on: canvas) }
    return canvas.smoothedColumns(format: format)
  }

  private mutating func draw(_ parameters: ImageCaptchaParameters.Glyph, _ atlas: GlyphAtlas, left: Int) {
    let (cell, offset) = (parameters.cell, parameters.offset)
    let mask = parameters.glyph(in: atlas).ink(at: offset, width: cell.x + offset.x, height: cell.y + offset.y)
    // A space has no ink and leaves no trace.
    guard !mask.isEmpty else { return }
    let size = warpedSize(cell: cell, warp: parameters.warp)
    let layer: GlyphLayer
    if parameters.rotationDegrees == 0 {
      let isSameSize = size == SIMD2(mask.width, mask.height)
      layer = rotation.copy(mask, ink, isPremultiplied: !isSameSize)
    } else {
      let plan = RotationPlan(width: mask.width, height: mask.height, degrees: parameters.rotationDegrees)
      // At the same size Pillow's resize is a copy, without the conversion to premultiplied alpha.
      layer = rotation.rotate(mask, plan, ink, isSettled: size != SIMD2(plan.width, plan.height))
    }
    let resized =
      size == SIMD2(layer.width, layer.height)
      ? resize.transpose(layer) : resize.resize(layer, width: size.x, height: size.y, &tables)
    paste.paste(resized, cell: cell, warp: parameters.warp, left: left, on: canvas)
  }
}
