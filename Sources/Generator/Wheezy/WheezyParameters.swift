/// Everything that decides the pixels of one image of the Python package wheezy.captcha 3.2.2, composed as in its
/// documentation: `background`, `text` with `warp`, `rotate` and `offset`, `curve`, `noise` and `smooth`.
package struct WheezyParameters: ImageParameters, Hashable {
  package typealias Renderer = WheezyRenderer

  /// One drawn character.
  package struct Glyph: GlyphParameters, Sendable, Hashable, Decodable {
    @SingleCharacter package var character: Unicode.Scalar
    /// In pixels per em.
    package var fontSize: Int
    package var color: SIMD3<UInt8>
    /// x1, y1, x2, y2 of the package: how far the corners are moved, in pixels.
    package var warp: SIMD4<Int>
    /// Counterclockwise.
    package var rotationDegrees: Double
    /// Empty pixels left of the rotated character and above it.
    package var offset: SIMD2<Int>

    private enum CodingKeys: String, CodingKey {
      case character = "char"
      case fontSize = "font_size"
      case color, warp, offset
      case rotationDegrees = "rotation_degrees"
    }
  }

  /// A Bézier curve across the image.
  package struct Curve: Sendable, Hashable, Decodable {
    package var color: SIMD3<UInt8>
    /// Pixels.
    package var width: Int
    /// Of the control points, which are spread evenly over the image's width.
    package var heights: [Int]
  }

  package struct Noise: Sendable, Hashable, Decodable {
    package var color: SIMD3<UInt8>
    /// Height of a dash in pixels; it is one pixel wider than high.
    package var level: Int
    /// The left end of each dash.
    package var points: [SIMD2<Int>]
  }

  package var text: String
  package var width: Int
  package var height: Int
  package var background: SIMD3<UInt8>
  package var glyphs: [Glyph]
  /// Distance to the next character, as a fraction of a character's width.
  package var squeezeFactor: Double
  package var curves: [Curve]
  package var noise: Noise

  private enum CodingKeys: String, CodingKey {
    case text, width, height, background, glyphs, curves, noise
    case squeezeFactor = "squeeze_factor"
  }
}

// MARK: What can be drawn

extension WheezyParameters {
  /// In pixels; many lines much wider would take minutes to draw.
  private static let lineWidthMax = 64

  package func validate() throws(GeneratorError) {
    try ParameterLimits.require(0...4, squeezeFactor, "squeeze_factor")
    try ParameterLimits.require(0...100, curves.count, "curves")
    for glyph in glyphs {
      try ParameterLimits.require(-512...512, glyph.warp, "warp")
      try ParameterLimits.require(-89...89, glyph.rotationDegrees, "rotation_degrees")
      try ParameterLimits.require(0...512, glyph.offset, "offset")
    }
    for curve in curves {
      try ParameterLimits.require(2...Self.lineWidthMax, curve.width, "width of a curve")
      try ParameterLimits.require(1...16, curve.heights.count, "heights")
      for height in curve.heights { try ParameterLimits.require(ParameterLimits.extents, height, "height of a curve") }
    }
    try ParameterLimits.require(1...Self.lineWidthMax, noise.level, "level")
    try ParameterLimits.require(0...100_000, noise.points.count, "points of noise")
    for point in noise.points { try ParameterLimits.require(ParameterLimits.extents, point, "point") }
  }
}
