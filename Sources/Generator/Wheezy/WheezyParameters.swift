/// Everything that decides the pixels of one image of the Python package wheezy.captcha 3.2.2, composed as in its
/// documentation: `background`, `text` with `warp`, `rotate` and `offset`, `curve`, `noise` and `smooth`.
package struct WheezyParameters: Sendable, Hashable {
  /// One drawn character.
  package struct Glyph: Sendable, Hashable {
    package var character: Unicode.Scalar
    /// In pixels per em.
    package var fontSize: Int
    package var color: SIMD3<UInt8>
    /// x1, y1, x2, y2 of the package: how far the corners are moved, in pixels.
    package var warp: SIMD4<Int>
    /// Counterclockwise.
    package var rotationDegrees: Double
    /// Empty pixels left of the rotated character and above it.
    package var offset: SIMD2<Int>
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
  /// Pixels.
  package var width: Int
  package var height: Int
  package var background: SIMD3<UInt8>
  package var glyphs: [Glyph]
  /// Distance to the next character, as a fraction of a character's width.
  package var squeezeFactor: Double
  package var curves: [Curve]
  package var noise: Noise
}

// MARK: JSON

extension WheezyParameters: Decodable {
  private enum CodingKeys: String, CodingKey {
    case text, width, height, background, glyphs, curves, noise
    case squeezeFactor = "squeeze_factor"
  }
}

extension WheezyParameters.Glyph: Decodable {
  private enum CodingKeys: String, CodingKey {
    case character = "char"
    case fontSize = "font_size"
    case color, warp, offset
    case rotationDegrees = "rotation_degrees"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    character = try values.decode(SingleCharacter.self, forKey: .character).scalar
    fontSize = try values.decode(Int.self, forKey: .fontSize)
    color = try values.decode(SIMD3<UInt8>.self, forKey: .color)
    warp = try values.decode(SIMD4<Int>.self, forKey: .warp)
    rotationDegrees = try values.decode(Double.self, forKey: .rotationDegrees)
    offset = try values.decode(SIMD2<Int>.self, forKey: .offset)
  }
}

// MARK: What can be drawn

extension WheezyParameters {
  /// In pixels; many lines much wider would take minutes to draw.
  private static let lineWidthMax = 64

  /// - Throws: `GeneratorError.invalidParameters` where a value is so far from the package's that it cannot be drawn,
  ///   or only with too much memory.
  func validate() throws(GeneratorError) {
    try ParameterLimits.require(1...ParameterLimits.extentMax, width, "width")
    try ParameterLimits.require(1...ParameterLimits.extentMax, height, "height")
    try ParameterLimits.require(1...256, glyphs.count, "glyphs")
    try ParameterLimits.require(0...4, squeezeFactor, "squeeze_factor")
    try ParameterLimits.require(0...100, curves.count, "curves")
    for glyph in glyphs { try validate(glyph) }
    for curve in curves { try validate(curve) }
    try ParameterLimits.require(1...Self.lineWidthMax, noise.level, "level")
    try ParameterLimits.require(0...100_000, noise.points.count, "points of noise")
    for point in noise.points {
      try ParameterLimits.requireExtent(point.x, "point")
      try ParameterLimits.requireExtent(point.y, "point")
    }
  }

  private func validate(_ glyph: Glyph) throws(GeneratorError) {
    try ParameterLimits.require(1...GlyphAtlas.sizeMax, glyph.fontSize, "font_size")
    for index in 0..<4 { try ParameterLimits.require(-512...512, glyph.warp[index], "warp") }
    try ParameterLimits.require(-89...89, glyph.rotationDegrees, "rotation_degrees")
    try ParameterLimits.require(0...512, glyph.offset.x, "offset")
    try ParameterLimits.require(0...512, glyph.offset.y, "offset")
  }

  private func validate(_ curve: Curve) throws(GeneratorError) {
    try ParameterLimits.require(2...Self.lineWidthMax, curve.width, "width of a curve")
    try ParameterLimits.require(1...16, curve.heights.count, "heights")
    for height in curve.heights { try ParameterLimits.requireExtent(height, "height of a curve") }
  }
}
