import Samples

/// The settings of one style, a way to draw text. Each style has a file with its settings and a line in
/// `CaptchaSpec.styles`.
package protocol StyleSpec: Sendable, Hashable {
  associatedtype Key: SpecKey

  /// The style's word in spec files, which is also the key of its settings.
  static var word: String { get }
  /// What the images look like, as a noun phrase.
  static var summary: String { get }

  /// - Parameter height: Of the image, in pixels; nil where nothing is drawn.
  init(_ mapping: SpecMapping<Key>, height: Int?) throws(SpecError)

  /// As text, in the form of `CanonicalText.swift`.
  var canonicalText: String { get }
}

extension CaptchaSpec {
  /// Every style, the default first.
  package static let styles: [any StyleSpec.Type] = [ImageCaptchaSpec.self, WheezySpec.self, PlainSpec.self]

  /// The settings of any style.
  package struct Style: Sendable, Hashable {
    package let settings: any StyleSpec

    package init(_ settings: some StyleSpec) { self.settings = settings }

    package var word: String { type(of: settings).word }
    package var summary: String { type(of: settings).summary }

    package static func == (left: Style, right: Style) -> Bool {
      AnyHashable(left.settings) == AnyHashable(right.settings)
    }

    package func hash(into hasher: inout Hasher) { settings.hash(into: &hasher) }
  }
}

extension CaptchaSpec.Style {
  init(_ mapping: SpecMapping<CaptchaSpec.Key>, height: Int?) throws(SpecError) {
    let styles = CaptchaSpec.styles
    let style = try mapping.choice(.style, among: styles, word: { $0.word }, default: styles[0])
    for other in styles where other.word != style.word {
      try mapping.refuse(CaptchaSpec.Key(rawValue: other.word), allowed: "only with style \(other.word)")
    }
    self = try style.read(mapping, height: height)
  }
}

extension StyleSpec {
  fileprivate static func read(
    _ mapping: SpecMapping<CaptchaSpec.Key>, height: Int?
  ) throws(SpecError) -> CaptchaSpec.Style {
    CaptchaSpec.Style(
      try Self(mapping.mapping(CaptchaSpec.Key(rawValue: word), of: Self.Key.self), height: height))
  }
}
