import Samples
import Specs

/// Style `image-captcha`: what the Python package `captcha` 0.7.1 draws (class ImageCaptcha).
package struct ImageCaptchaStyle: CaptchaStyle {
  private let spec: ImageCaptchaSpec
  /// The image's size in pixels.
  private let width: Int
  private let height: Int
  private let atlas: GlyphAtlas

  /// - Parameter characters: The characters of texts.
  /// - Throws: `GeneratorError` where the font lacks a character.
  package init(
    _ spec: ImageCaptchaSpec, width: Int, height: Int, font: FontFile, characters: some Sequence<Unicode.Scalar>
  ) throws(GeneratorError) {
    self.spec = spec
    self.width = width
    self.height = height
    atlas = try GlyphAtlas(font: font, characters: characters, sizes: spec.fontSizes)
  }

  package func parameters(of text: [Unicode.Scalar], seed: UInt64) -> ImageCaptchaParameters {
    ImageCaptchaSampler(spec: spec, width: width, height: height, atlas: atlas).sample(text: text, seed: seed)
  }

  package func makeRenderer() -> ImageCaptchaRenderer { ImageCaptchaRenderer(atlas: atlas) }
}

extension ImageCaptchaSpec: DrawableSpec {
  package typealias Parameters = ImageCaptchaParameters

  package func drawing(
    of geometry: Geometry, lengthMax: Int, font: FontFile, characters: [Unicode.Scalar]
  ) throws(GeneratorError) -> Drawing {
    try ImageCaptchaStyle(
      self, width: geometry.width, height: geometry.height, font: font, characters: characters
    ).drawing(format: geometry.format)
  }
}

extension ImageCaptchaParameters: ImageParameters {
  package func render(font: FontFile, format: PixelFormat) throws(GeneratorError) -> Image {
    try validate()
    let keys = Set(glyphs.map { GlyphAtlas.Key($0.character, size: $0.fontSize) })
    return ImageCaptchaRenderer(atlas: try GlyphAtlas(font: font, keys: keys, ascent: .ofDroidSansMono)).draw(
      self, format: format
    ).image
  }
}
