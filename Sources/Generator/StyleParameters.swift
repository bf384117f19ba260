import Samples
import Specs

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
    try Parameters(from: decoder)
  }
}
