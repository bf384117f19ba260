/// Everything that decides the pixels of one image of the Python package `captcha` 0.7.1, class ImageCaptcha: its
/// random choices by name, and the dots' width and number of arcs, which it never varies.
package struct ImageCaptchaParameters: ImageParameters, Hashable {
  package typealias Renderer = ImageCaptchaRenderer

  package static let ascent = GlyphAtlas.Ascent.ofDroidSansMono

  /// One drawn character. Spaces have a size, rotation and warp too, as in the package, but only take up width.
  package struct Glyph: GlyphParameters, Sendable, Hashable, Decodable {
    @SingleCharacter package var character: Unicode.Scalar
    /// In pixels per em.
    package var fontSize: Int
    /// Where the text starts in the glyph's own image, in pixels; it matters only where the edge would cut off ink.
    package var offset: SIMD2<Int>
    /// Counterclockwise.
    package var rotationDegrees: Double
    /// Width and height of the finished glyph, in pixels.
    package var cell: SIMD2<Int>
    /// x1, y1, x2, y2 of the package: how far the corners are moved, in pixels.
    package var warp: SIMD4<Int>

    private enum CodingKeys: String, CodingKey {
      case character = "char"
      case fontSize = "font_size"
      case offset, cell, warp
      case rotationDegrees = "rotation_degrees"
    }
  }

  package struct Arc: Sendable, Hashable, Decodable {
    /// The ellipse's left, top, right and bottom pixel.
    package var box: SIMD4<Int>
    /// Clockwise from three o'clock.
    package var startDegrees: Int
    package var endDegrees: Int

    private enum CodingKeys: String, CodingKey {
      case box
      case startDegrees = "start_degrees"
      case endDegrees = "end_degrees"
    }
  }

  package var text: String
  package var width: Int
  package var height: Int
  /// Red, green, blue.
  package var background: SIMD3<UInt8>
  /// Red, green, blue, opacity.
  package var color: SIMD4<UInt8>
  package var glyphs: [Glyph]
  /// For each glyph, by how many pixels the next one is drawn over it.
  package var overlaps: [Int]
  /// Where each dot's line starts.
  package var dots: [SIMD2<Int>]
  /// Pixels; the package's dots have 3.
  package var dotWidth: Int
  /// The package draws one.
  package var arcs: [Arc]
}

// MARK: JSON

/// The form of `cases.jsonl`: a key `arc` where there is one arc as in the package, `arcs` for any other number, and a
/// key `dot_width` where it is not the package's.
extension ImageCaptchaParameters {
  private enum CodingKeys: String, CodingKey {
    case text, width, height, background, color, glyphs, overlaps, dots, arc, arcs
    case dotWidth = "dot_width"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    text = try values.decode(String.self, forKey: .text)
    width = try values.decode(Int.self, forKey: .width)
    height = try values.decode(Int.self, forKey: .height)
    background = try values.decode(SIMD3<UInt8>.self, forKey: .background)
    color = try values.decode(SIMD4<UInt8>.self, forKey: .color)
    glyphs = try values.decode([Glyph].self, forKey: .glyphs)
    overlaps = try values.decode([Int].self, forKey: .overlaps)
    dots = try values.decode([SIMD2<Int>].self, forKey: .dots)
    dotWidth = try values.decodeIfPresent(Int.self, forKey: .dotWidth) ?? 3
    arcs = try values.decodeIfPresent([Arc].self, forKey: .arcs) ?? [values.decode(Arc.self, forKey: .arc)]
  }
}

// MARK: What can be drawn

extension ImageCaptchaParameters {
  package func validate() throws(GeneratorError) {
    try ParameterLimits.require(1...256, text.unicodeScalars.count, "characters of text")
    try ParameterLimits.require(glyphs.count...glyphs.count, overlaps.count, "overlaps")
    try ParameterLimits.require(0...100_000, dots.count, "dots")
    // With less, the faintest ink would be cut off as background.
    try ParameterLimits.require(128...255, Int(color.w), "opacity")
    for glyph in glyphs { try validate(glyph) }
    for overlap in overlaps { try ParameterLimits.require(0...ParameterLimits.extentMax, overlap, "overlap") }
    for dot in dots { try ParameterLimits.require(ParameterLimits.extents, dot, "dot") }
    try ParameterLimits.require(1...11, dotWidth, "dot_width")
    try ParameterLimits.require(0...1000, arcs.count, "arcs")
    for arc in arcs { try validate(arc) }
  }

  private func validate(_ glyph: Glyph) throws(GeneratorError) {
    try ParameterLimits.require(0...256, glyph.offset, "offset")
    try ParameterLimits.require(1...GlyphAtlas.cellMax, glyph.cell, "cell")
    try ParameterLimits.require(-512...512, glyph.warp, "warp")
    // At 90 degrees and more, Pillow runs other code, which the package never uses.
    guard abs(glyph.rotationDegrees) < 90 else {
      throw .invalidParameters(reason: "rotation_degrees is \(glyph.rotationDegrees), allowed: above -90, below 90")
    }
  }

  private func validate(_ arc: Arc) throws(GeneratorError) {
    try ParameterLimits.require(ParameterLimits.extents, arc.box, "arc box")
    guard arc.box.x <= arc.box.z && arc.box.y <= arc.box.w else {
      throw .invalidParameters(reason: "the arc's box ends before it starts")
    }
    try ParameterLimits.require(0...359, arc.startDegrees, "start_degrees")
    try ParameterLimits.require(arc.startDegrees + 1...arc.startDegrees + 359, arc.endDegrees, "end_degrees")
  }
}
