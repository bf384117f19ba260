import Specs

/// What a spec file with these keys under `captcha` asks for.
func captchaSpec(_ keys: String) throws -> CaptchaSpec {
  try PipelineSpec(
    yaml: "name: example\ncaptcha: {\(keys)}\ndatasets: {train: {count: 1000}}", path: "example.yaml"
  ).captcha
}

/// Style `image-captcha` with these of its keys, and the package's values for the others.
func imageCaptchaSpec(_ keys: String = "") throws -> ImageCaptchaSpec {
  switch try captchaSpec("charset: digits, length: 4, image-captcha: {\(keys)}").entries[0].style {
  case .imageCaptcha(let spec): spec
  }
}
