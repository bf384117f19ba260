import Samples
import Specs

/// Style `plain`: upright characters side by side in the middle of the image, and nothing else; a simple start.
package struct PlainStyle: CaptchaStyle {
  /// Streams of a sample's seed. A number, once used, never changes its meaning: samples would change.
  private enum Stream {
    static let choices: UInt64 = 1
  }

  package let atlas: GlyphAtlas
  private let spec: PlainSpec
  private let width: Int
  private let height: Int

  package init(
    _ spec: PlainSpec, width: Int, height: Int, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) {
    self.spec = spec
    self.width = width
    self.height = height
    atlas = try GlyphAtlas(
      font: font, characters: characters, sizes: spec.fontSizes, ascent: PlainParameters.ascent)
    for size in spec.fontSizes {
      let widest = characters.reduce(0) { max($0, advance(of: $1, size: size)) }
      guard lengthMax * widest <= width else {
        throw .textTooWide(characterCount: lengthMax, fontSize: size, needed: lengthMax * widest, width: width)
      }
    }
  }

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
  private func advance(of character: Unicode.Scalar, size: Int) -> Int { atlas.cell(of: character, size: size).x - 1 }
}

extension PlainSpec: DrawableSpec {
  package typealias Style = PlainStyle
}

/// Everything that decides the pixels of one image of style `plain`.
package struct PlainParameters: ImageParameters, Hashable {
  package typealias Renderer = PlainRenderer

  /// One drawn character.
  package struct Glyph: GlyphParameters, Sendable, Hashable, Decodable {
    @SingleCharacter package var character: Unicode.Scalar
    /// In pixels per em.
    package var fontSize: Int
    /// The left edge of the character's box, and the row below its baseline.
    package var position: SIMD2<Int>

    private enum CodingKeys: String, CodingKey {
      case character = "char"
      case fontSize = "font_size"
      case position
    }
  }

  package var text: String
  package var width: Int
  package var height: Int
  package var background: SIMD3<UInt8>
  package var color: SIMD3<UInt8>
  package var glyphs: [Glyph]

  package func validate() throws(GeneratorError) {
    for glyph in glyphs { try ParameterLimits.require(ParameterLimits.extents, glyph.position, "position") }
  }
}

/// Draws images from parameters, as Pillow's `ImageDraw.text` draws each character with the anchor `ls`.
package final class PlainRenderer: CaptchaRenderer {
  private let atlas: GlyphAtlas
  private var canvas = Canvas()

  package init(atlas: GlyphAtlas) { self.atlas = atlas }

  package func draw(_ parameters: PlainParameters, format: PixelFormat) -> ImageColumns {
    canvas.clear(width: parameters.width, height: parameters.height, to: parameters.background)
    for parameter in parameters.glyphs {
      let glyph = parameter.glyph(in: atlas)
      let origin = parameter.position &+ SIMD2(glyph.left, glyph.top - glyph.ascender)
      draw(glyph.ink, at: origin, color: parameters.color)
    }
    return canvas.columns(format: format)
  }

  private func draw(_ mask: InkMask, at origin: SIMD2<Int>, color: SIMD3<UInt8>) {
    let (columns, rows) = canvas.overlap(width: mask.width, height: mask.height, at: origin)
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
