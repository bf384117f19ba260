import Samples
import Specs

/// The parameters of one image, by name: everything that decides its pixels.
package protocol ImageParameters: Sendable, Decodable {
  associatedtype Renderer: CaptchaRenderer<Self>
  associatedtype Glyph: GlyphParameters

  static var ascent: GlyphAtlas.Ascent { get }

  var text: String { get }
  /// Pixels.
  var width: Int { get }
  var height: Int { get }
  var glyphs: [Glyph] { get }

  /// Checks what the style alone has; `render` has checked the rest.
  /// - Throws: `GeneratorError.invalidParameters` where a value is so far from the usual ones that it cannot be drawn,
  ///   or only with too much memory.
  func validate() throws(GeneratorError)
}

/// The parameters of one drawn character.
package protocol GlyphParameters {
  var character: Unicode.Scalar { get }
  /// In pixels per em.
  var fontSize: Int { get }
}

extension GlyphParameters {
  func glyph(in atlas: GlyphAtlas) -> Glyph { atlas.glyph(of: character, size: fontSize) }
}

extension ImageParameters {
  package static var ascent: GlyphAtlas.Ascent { .ofFont }

  /// Draws the image, with only the glyphs that it needs, since parameters may name any size of any character.
  /// - Throws: `GeneratorError.invalidParameters`, `.missingGlyph` or `.unusableFont`.
  package func render(font: FontFile, format: PixelFormat) throws(GeneratorError) -> Image {
    try ParameterLimits.require(1...ParameterLimits.extentMax, width, "width")
    try ParameterLimits.require(1...ParameterLimits.extentMax, height, "height")
    try ParameterLimits.require(1...256, glyphs.count, "glyphs")
    for glyph in glyphs { try ParameterLimits.require(1...GlyphAtlas.sizeMax, glyph.fontSize, "font_size") }
    try validate()
    let keys = Set(glyphs.map { GlyphAtlas.Key($0.character, size: $0.fontSize) })
    let atlas = try GlyphAtlas(font: font, keys: keys, ascent: Self.ascent)
    return Renderer(atlas: atlas).draw(self, format: format).image
  }
}

/// The parameters of one image, of any style. Their JSON names the style; the default is `image-captcha`.
package struct StyleParameters: Sendable, Decodable {
  package let image: any ImageParameters

  private enum Key: CodingKey { case style }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let word = try values.decodeIfPresent(String.self, forKey: .style) ?? CaptchaSpec.styles[0].word
    guard let style = CaptchaSpec.styles.first(where: { $0.word == word }) as? any DrawableSpec.Type else {
      throw DecodingError.dataCorruptedError(
        forKey: .style, in: values, debugDescription: "there is no style \(word)")
    }
    image = try style.parameters(from: decoder)
  }
}

extension DrawableSpec {
  fileprivate static func parameters(from decoder: any Decoder) throws -> any ImageParameters {
    try Style.Parameters(from: decoder)
  }
}

/// A character in JSON: a text of one code point.
@propertyWrapper
package struct SingleCharacter: Sendable, Hashable, Decodable {
  package var wrappedValue: Unicode.Scalar

  package init(wrappedValue: Unicode.Scalar) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not one Unicode character")
    }
    wrappedValue = scalar
  }
}
