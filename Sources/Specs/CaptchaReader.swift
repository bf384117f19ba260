import Samples

// The keys under `captcha`.

extension CaptchaSpec {
  enum Key: String, SpecKey {
    case style, charset, length, width, height, color, font
    case imageCaptcha = "image-captcha"
  }

  init(_ mapping: SpecMapping<Key>) throws(SpecError) {
    let geometry = try Geometry(mapping)
    let entry = try Entry(mapping, in: geometry)
    do throws(AlphabetError) {
      try self.init(geometry: geometry, entries: [entry])
    } catch {
      preconditionFailure("one charset has no more characters than it has")
    }
  }
}

extension Geometry {
  /// How images store their pixels.
  private enum Color: String, CaseIterable { case gray, rgb }

  fileprivate init(_ mapping: SpecMapping<CaptchaSpec.Key>) throws(SpecError) {
    let width = try mapping.wholeNumber(.width, in: 16...1024, default: 160)
    let height = try mapping.wholeNumber(.height, in: 16...512, default: 60)
    let color: Color = try mapping.choice(.color, default: .gray)
    self.init(width: width, height: height, format: color == .gray ? .gray : .rgb)
  }
}

extension CaptchaSpec.Entry {
  private static let allowedCharset = """
    digits, upper or lower, joined by +, or the characters themselves: each once, 1 to 65534, without spaces and \
    characters that join with their neighbours
    """
  /// Narrower characters cannot be told from each other.
  private static let characterWidthMin = 5

  fileprivate init(_ mapping: SpecMapping<CaptchaSpec.Key>, in geometry: Geometry) throws(SpecError) {
    let style = try CaptchaSpec.Style(mapping, in: geometry)
    let charset = try mapping.text(.charset, allowed: Self.allowedCharset) { _ in true }
    let alphabet: Alphabet
    do throws(CharsetError) {
      alphabet = try Alphabet(charset: charset)
    } catch {
      throw mapping.mismatch(.charset, found: error.found, allowed: Self.allowedCharset)
    }
    let length = try mapping.wholeNumber(.length, in: 1...16)
    let lengthMax = geometry.width / Self.characterWidthMin
    guard length <= lengthMax else {
      throw mapping.mismatch(
        .length, found: length, allowed: "at most \(lengthMax), as the image is \(geometry.width) pixels wide")
    }
    let fonts = try mapping.texts(
      .font, allowed: "the family name of an installed font, or the path of a font file", default: ["Noto Mono"]
    ) { font in
      !font.isEmpty && font.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    self.init(style: style, alphabet: alphabet, lengths: length...length, fonts: fonts)
  }
}

extension CaptchaSpec.Style {
  /// A style's word is also the key of its parameters.
  enum Name: String, CaseIterable {
    case imageCaptcha = "image-captcha"

    fileprivate var key: CaptchaSpec.Key {
      switch self {
      case .imageCaptcha: .imageCaptcha
      }
    }
  }

  fileprivate init(_ mapping: SpecMapping<CaptchaSpec.Key>, in geometry: Geometry) throws(SpecError) {
    let name: Name = try mapping.choice(.style, default: .imageCaptcha)
    for other in Name.allCases where other != name {
      try mapping.refuse(other.key, allowed: "only with style \(other.rawValue)")
    }
    switch name {
    case .imageCaptcha:
      self = .imageCaptcha(
        try ImageCaptchaSpec(mapping.mapping(name.key, of: ImageCaptchaSpec.Key.self), height: geometry.height))
    }
  }

  var name: Name {
    switch self {
    case .imageCaptcha: .imageCaptcha
    }
  }

  /// Its parameters' canonical text.
  var canonicalText: String {
    switch self {
    case .imageCaptcha(let parameters): parameters.canonicalText
    }
  }
}
