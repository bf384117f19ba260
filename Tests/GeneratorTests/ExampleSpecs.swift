import Network
import Specs

/// What a spec file with these keys under `captcha` asks for.
func captchaSpec(_ keys: String) throws -> CaptchaSpec { try captchaSpec(entries: ["{\(keys)}"]) }

/// What a spec file with these entries asks for.
func captchaSpec(entries: [String]) throws -> CaptchaSpec {
  let captcha = "[\(entries.joined(separator: ", "))]"
  return try PipelineSpec(
    yaml: "name: example\ncaptcha: \(captcha)\ndatasets: {train: {count: 1000}}", path: "example.yaml"
  ).captcha
}

/// Style `image-captcha` with these of its keys, and the package's values for the others.
func imageCaptchaSpec(_ keys: String = "") throws -> ImageCaptchaSpec {
  let style = try captchaSpec("charset: digits, length: 4, image-captcha: {\(keys)}").entries[0].style
  guard let spec = style.settings as? ImageCaptchaSpec else {
    preconditionFailure("the default style is image-captcha")
  }
  return spec
}
