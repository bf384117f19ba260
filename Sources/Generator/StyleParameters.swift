import Samples

/// The parameters of one image, of any style. Their JSON names the style; the default is `image-captcha`.
package enum StyleParameters: Sendable {
  case imageCaptcha(ImageCaptchaParameters)
  case wheezy(WheezyParameters)
  case plain(PlainParameters)

  package var text: String {
    switch self {
    case .imageCaptcha(let parameters): parameters.text
    case .wheezy(let parameters): parameters.text
    case .plain(let parameters): parameters.text
    }
  }

  /// Draws the image, with only the glyphs that it needs, since parameters may name any size of any character.
  /// - Throws: `GeneratorError.invalidParameters`, `.missingGlyph` or `.unusableFont`.
  package func render(font: FontFile, format: PixelFormat) throws(GeneratorError) -> Image {
    switch self {
    case .imageCaptcha(let parameters): try ImageCaptchaRenderer.render(parameters, font: font, format: format)
    case .wheezy(let parameters): try WheezyRenderer.render(parameters, font: font, format: format)
    case .plain(let parameters): try PlainRenderer.render(parameters, font: font, format: format)
    }
  }
}

extension StyleParameters: Decodable {
  private enum Style: String, Decodable {
    case imageCaptcha = "image-captcha"
    case wheezy, plain
  }

  private enum CodingKeys: CodingKey { case style }

  package init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Style.self, forKey: .style) {
    case nil, .imageCaptcha: self = .imageCaptcha(try ImageCaptchaParameters(from: decoder))
    case .wheezy: self = .wheezy(try WheezyParameters(from: decoder))
    case .plain: self = .plain(try PlainParameters(from: decoder))
    }
  }
}
