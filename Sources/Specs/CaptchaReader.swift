import Samples

// The keys under `captcha`.

extension CaptchaSpec {
  enum Key: String, SpecKey { case style, charset, length, width, height, color, font }

  init(_ mapping: SpecMapping<Key>) throws(SpecError) {
    let geometry = try Geometry(mapping)
    let entry = try Entry(mapping)
    do throws(AlphabetError) {
      try self.init(geometry: geometry, entries: [entry])
    } catch {
      preconditionFailure("one charset has no more characters than it has")
    }
  }
}

extension Geometry {
  /// How images store their pixels.
  private enum Color: String, CaseIterable { case gray }

  fileprivate init(_ mapping: SpecMapping<CaptchaSpec.Key>) throws(SpecError) {
    let width = try mapping.wholeNumber(.width, in: 16...1024, default: 160)
    let height = try mapping.wholeNumber(.height, in: 16...512, default: 60)
    let color: Color = try mapping.choice(.color, default: .gray)
    switch color {
    case .gray: self.init(width: width, height: height, format: .gray)
    }
  }
}

extension CaptchaSpec.Entry {
  private static let allowedCharset = """
    digits, upper or lower, joined by +, or the characters themselves: each once, 1 to 65534, without spaces and \
    characters that join with their neighbours
    """

  fileprivate init(_ mapping: SpecMapping<CaptchaSpec.Key>) throws(SpecError) {
    let style: CaptchaSpec.Style = try mapping.choice(.style, default: .imageCaptcha)
    let charset = try mapping.text(.charset, allowed: Self.allowedCharset) { _ in true }
    let alphabet: Alphabet
    do throws(CharsetError) {
      alphabet = try Alphabet(charset: charset)
    } catch {
      throw mapping.mismatch(.charset, found: error.found, allowed: Self.allowedCharset)
    }
    let length = try mapping.wholeNumber(.length, in: 1...16)
    let font = try mapping.text(
      .font, allowed: "the family name of an installed font, or the path of a font file", default: "Noto Mono"
    ) { font in
      !font.isEmpty && font.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    self.init(style: style, alphabet: alphabet, lengths: length...length, fonts: [font])
  }
}
