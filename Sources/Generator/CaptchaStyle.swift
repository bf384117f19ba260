import Samples

/// A way to draw text with one font, in two pure steps: all random choices first, then the pixels. A new style is a
/// type that conforms, with a case in `CaptchaSpec.Style` and one where `EntryGenerator` makes styles.
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

extension RandomStream {
  /// One of `choices`, each equally likely.
  mutating func next<Choice>(of choices: [Choice]) -> Choice { choices[next(below: choices.count)] }
}
