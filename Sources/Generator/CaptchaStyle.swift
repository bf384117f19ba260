import Samples
import Specs

/// The settings of a style that can be drawn. Each style's file makes its settings conform.
package protocol DrawableSpec: StyleSpec {
  associatedtype Style: CaptchaStyle where Style.Spec == Self

  /// - Parameters and errors: As of `CaptchaStyle.init`.
  func drawing(
    of geometry: Geometry, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) -> Drawing
}

/// A way to draw text with one font, in two pure steps: all random choices first, then the pixels.
package protocol CaptchaStyle: Sendable {
  associatedtype Spec
  /// Every random choice of one image, by name.
  associatedtype Parameters: ImageParameters

  /// Has every character of the texts, at every size.
  var atlas: GlyphAtlas { get }

  /// - Parameters:
  ///   - width: Of the image, in pixels; so is `height`.
  ///   - lengthMax: The most characters of a text.
  ///   - characters: The characters of texts.
  /// - Throws: `GeneratorError` where the font lacks a character, `.textTooWide` where texts may not fit the image.
  init(
    _ spec: Spec, width: Int, height: Int, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError)

  /// The random choices for `text` and `seed`, which is below 2^63. A style uses the seed's random streams 1 ..< 2^32;
  /// a stream's number, once used, never changes its meaning.
  /// - Precondition: `text` has at least one character, and the style was made for all of them.
  func parameters(of text: [Unicode.Scalar], seed: UInt64) -> Parameters
}

/// Draws the images of one style. It owns the buffers that a drawing needs, so one thread at a time may use it; the
/// atlas can be shared.
package protocol CaptchaRenderer<Parameters> {
  associatedtype Parameters

  init(atlas: GlyphAtlas)

  /// - Precondition: the parameters can be drawn, and the atlas has their glyphs.
  func draw(_ parameters: Parameters, format: PixelFormat) -> ImageColumns
}

/// Draws a text with a seed, on any thread.
package typealias Drawing = @Sendable (_ text: [Unicode.Scalar], _ seed: UInt64) -> ImageColumns

extension DrawableSpec {
  // A requirement of the protocol, so that it is compiled for each style by itself.
  package func drawing(
    of geometry: Geometry, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) -> Drawing {
    let style = try Style(
      self, width: geometry.width, height: geometry.height, lengthMax: lengthMax, font: font, characters: characters)
    let renderers = RendererPool<Style.Parameters.Renderer>(atlas: style.atlas)
    return { text, seed in
      let parameters = style.parameters(of: text, seed: seed)
      return renderers.withRenderer { $0.draw(parameters, format: geometry.format) }
    }
  }
}

extension RandomStream {
  /// One of `choices`, each equally likely.
  mutating func next<Choice>(of choices: [Choice]) -> Choice { choices[next(below: choices.count)] }
}
