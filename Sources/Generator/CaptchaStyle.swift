import Samples
import Specs

/// The settings of a style that can be drawn. Each style's file makes its settings conform.
package protocol DrawableSpec: StyleSpec {
  associatedtype Parameters: ImageParameters

  /// - Parameters:
  ///   - lengthMax: The most characters of a text.
  ///   - characters: The characters of texts.
  /// - Throws: `GeneratorError` where the font lacks a character, or a text may not fit the image.
  func drawing(
    of geometry: Geometry, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) -> Drawing
}

/// Draws a text with a seed, on any thread.
package typealias Drawing = @Sendable (_ text: [Unicode.Scalar], _ seed: UInt64) -> ImageColumns

/// The parameters of one image, by name.
package protocol ImageParameters: Sendable, Decodable {
  var text: String { get }

  /// Draws the image, with only the glyphs that it needs, since parameters may name any size of any character.
  /// - Throws: `GeneratorError.invalidParameters`, `.missingGlyph` or `.unusableFont`.
  func render(font: FontFile, format: PixelFormat) throws(GeneratorError) -> Image
}

/// A way to draw text with one font, in two pure steps: all random choices first, then the pixels.
package protocol CaptchaStyle: Sendable {
  /// Every random choice of one image, by name.
  associatedtype Parameters
  associatedtype Renderer: CaptchaRenderer<Parameters>

  /// The random choices for `text` and `seed`, which is below 2^63. A style uses the seed's random streams 1 ..< 2^32;
  /// a stream's number, once used, never changes its meaning.
  /// - Precondition: `text` has at least one character, and the style was made for all of them.
  func parameters(of text: [Unicode.Scalar], seed: UInt64) -> Parameters

  /// A renderer with buffers of its own; it can draw all that `parameters(of:seed:)` returns.
  func makeRenderer() -> Renderer
}

/// Draws the images of one style. It owns the buffers that a drawing needs, so one thread at a time may use it.
package protocol CaptchaRenderer<Parameters> {
  associatedtype Parameters

  /// - Precondition: the parameters can be drawn.
  func draw(_ parameters: Parameters, format: PixelFormat) -> ImageColumns
}

extension CaptchaStyle {
  func drawing(format: PixelFormat) -> Drawing {
    let renderers = RendererPool(of: self)
    return { text, seed in
      let parameters = parameters(of: text, seed: seed)
      return renderers.withRenderer { $0.draw(parameters, format: format) }
    }
  }
}

extension RandomStream {
  /// One of `choices`, each equally likely.
  mutating func next<Choice>(of choices: [Choice]) -> Choice { choices[next(below: choices.count)] }
}
