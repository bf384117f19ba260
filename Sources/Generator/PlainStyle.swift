import Samples
import Specs

/// Style `plain`: upright characters side by side in the middle of the image, and nothing else; a simple start.
package struct PlainStyle: CaptchaStyle {
  /// Streams of a sample's seed. A number, once used, never changes its meaning: samples would change.
  private enum Stream {
    static let choices: UInt64 = 1
  }

  private let spec: PlainSpec
  /// The image's size in pixels.
  private let width: Int
  private let height: Int
  private let atlas: GlyphAtlas

  /// - Parameters:
  ///   - lengthMax: The most characters of a text.
  ///   - characters: The characters of texts.
  /// - Throws: `GeneratorError` where the font lacks a character, `.textTooWide` where a text may not fit the image.
  package init(
    _ spec: PlainSpec, width: Int, height: Int, lengthMax: Int, font: FontFile,
    characters: some Collection<Unicode.Scalar>
  ) throws(GeneratorError) {
    self.spec = spec
    self.width = width
    self.height = height
    atlas = try GlyphAtlas(font: font, characters: characters, sizes: spec.fontSizes, ascent: .ofFont)
    for size in spec.fontSizes {
      let widest = characters.reduce(0) { max($0, advance(of: $1, size: size)) }
      guard lengthMax * widest <= width else {
        throw .textTooWide(characterCount: lengthMax, fontSize: size, needed: lengthMax * widest, width: width)
      }
    }
  }

  package func makeRenderer() -> PlainRenderer { PlainRenderer(atlas: atlas) }

  package func parameters(of text: [Unicode.Scalar], seed: UInt64) -> PlainParameters {
    var stream = RandomStream(seed: seed, stream: Stream.choices)
    let size = stream.next(of: spec.fontSizes)
    let (background, color) = (stream.next(of: spec.backgroundColors), stream.next(of: spec.textColors))
    // Capital letters are about 0.72 em high, so this centres them.
    let baseline = height / 2 + size * 36 / 100
    var left = (width - text.reduce(0) { $0 + advance(of: $1, size: size) }) / 2
    let glyphs = text.map { character in
      defer { left += advance(of: character, size: size) }
      return PlainParameters.Glyph(character: character, fontSize: size, position: SIMD2(left, baseline))
    }
    return PlainParameters(
      text: String(scalars: text), width: width, height: height, background: background, color: color,
      glyphs: glyphs)
  }

  /// Width of a character in pixels.
  private func advance(of character: Unicode.Scalar, size: Int) -> Int {
    guard let cell = atlas.cell(of: character, size: size) else { preconditionFailure("the atlas lacks a glyph") }
    return cell.x - 1
  }
}

/// Everything that decides the pixels of one image of style `plain`.
package struct PlainParameters: Sendable, Hashable, Decodable {
  /// One drawn character.
  package struct Glyph: Sendable, Hashable {
    package var character: Unicode.Scalar
    /// In pixels per em.
    package var fontSize: Int
    /// The left edge of the character's box, and the row below its baseline.
    package var position: SIMD2<Int>
  }

  package var text: String
  /// Pixels.
  package var width: Int
  package var height: Int
  package var background: SIMD3<UInt8>
  package var color: SIMD3<UInt8>
  package var glyphs: [Glyph]

  /// - Throws: `GeneratorError.invalidParameters`.
  func validate() throws(GeneratorError) {
    try ParameterLimits.require(1...ParameterLimits.extentMax, width, "width")
    try ParameterLimits.require(1...ParameterLimits.extentMax, height, "height")
    try ParameterLimits.require(1...256, glyphs.count, "glyphs")
    for glyph in glyphs {
      try ParameterLimits.require(1...GlyphAtlas.sizeMax, glyph.fontSize, "font_size")
      try ParameterLimits.requireExtent(glyph.position.x, "position")
      try ParameterLimits.requireExtent(glyph.position.y, "position")
    }
  }
}

extension PlainParameters.Glyph: Decodable {
  private enum CodingKeys: String, CodingKey {
    case character = "char"
    case fontSize = "font_size"
    case position
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    character = try values.decode(SingleCharacter.self, forKey: .character).scalar
    fontSize = try values.decode(Int.self, forKey: .fontSize)
    position = try values.decode(SIMD2<Int>.self, forKey: .position)
  }
}

/// Draws images from parameters, as Pillow's `ImageDraw.text` draws each character with the anchor `ls`. It owns the
/// buffers that a drawing needs, so one thread at a time may use it; the atlas can be shared.
package final class PlainRenderer: CaptchaRenderer {
  private let atlas: GlyphAtlas
  private var canvas = Canvas()

  init(atlas: GlyphAtlas) { self.atlas = atlas }

  /// - Precondition: the parameters are valid and the atlas has their glyphs.
  package func draw(_ parameters: PlainParameters, format: PixelFormat) -> ImageColumns {
    canvas.clear(width: parameters.width, height: parameters.height, to: parameters.background)
    for parameter in parameters.glyphs {
      guard let glyph = atlas.glyph(of: parameter.character, size: parameter.fontSize) else {
        preconditionFailure("the atlas lacks a glyph")
      }
      let origin = parameter.position &+ SIMD2(glyph.left, glyph.top - glyph.ascender)
      draw(glyph.ink, at: origin, color: parameters.color)
    }
    return canvas.columns(format: format)
  }

  private func draw(_ mask: InkMask, at origin: SIMD2<Int>, color: SIMD3<UInt8>) {
    let rows = (0..<mask.height).clamped(to: -origin.y..<max(-origin.y, canvas.height - origin.y))
    let columns = (0..<mask.width).clamped(to: -origin.x..<max(-origin.x, canvas.width - origin.x))
    let above = SIMD4(UInt32(color.x), UInt32(color.y), UInt32(color.z), 0)
    for x in columns {
      let column = canvas.column(origin.x + x) + origin.y
      for y in rows {
        let coverage = UInt32(mask.coverage(x: x, y: y))
        let below = (SIMD4(repeating: column[y]) &>> SIMD4(0, 8, 16, 24)) & 255
        column[y] = packed(dividedBy255(below &* (255 &- coverage) &+ above &* coverage))
      }
    }
  }
}

extension PlainSpec: DrawableSpec {
  package typealias Parameters = PlainParameters

  package func drawing(
    of geometry: Geometry, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) -> Drawing {
    try PlainStyle(
      self, width: geometry.width, height: geometry.height, lengthMax: lengthMax, font: font, characters: characters
    ).drawing(format: geometry.format)
  }
}

extension PlainParameters: ImageParameters {
  package func render(font: FontFile, format: PixelFormat) throws(GeneratorError) -> Image {
    try validate()
    let keys = Set(glyphs.map { GlyphAtlas.Key($0.character, size: $0.fontSize) })
    return PlainRenderer(atlas: try GlyphAtlas(font: font, keys: keys, ascent: .ofFont))
      .draw(self, format: format).image
  }
}
