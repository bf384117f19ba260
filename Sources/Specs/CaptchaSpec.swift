import Samples

/// What the images show and how they are drawn.
package struct CaptchaSpec: Sendable, Hashable {
  /// Of all images. Width 16 ... 1024, height 16 ... 512.
  package let geometry: Geometry
  /// What is drawn; at least one.
  package let entries: [Entry]
  /// Every charset of the entries once, in order of appearance.
  package let charsets: [Alphabet]
  /// The characters of all charsets, in order of appearance.
  package let alphabet: Alphabet

  /// One kind of captcha.
  package struct Entry: Sendable, Hashable {
    package let style: Style
    package let alphabet: Alphabet
    /// Characters in each image, each number equally likely: within 1 ... 16.
    package let lengths: ClosedRange<Int>
    /// Family names of installed fonts, or paths of font files; at least one.
    package let fonts: [String]

    /// - Precondition: as the properties say.
    package init(style: Style, alphabet: Alphabet, lengths: ClosedRange<Int>, fonts: [String]) {
      precondition(lengths.lowerBound > 0 && !fonts.isEmpty)
      self.style = style
      self.alphabet = alphabet
      self.lengths = lengths
      self.fonts = fonts
    }
  }

  /// How text is drawn.
  package enum Style: String, Sendable, CaseIterable {
    /// As the Python package `captcha` 0.7.1 draws (class ImageCaptcha).
    case imageCaptcha = "image-captcha"
  }

  /// - Precondition: there is an entry.
  /// - Throws: `AlphabetError.tooManyCharacters` where the charsets have too many together.
  package init(geometry: Geometry, entries: [Entry]) throws(AlphabetError) {
    precondition(!entries.isEmpty)
    self.geometry = geometry
    self.entries = entries
    charsets = entries.reduce(into: []) { charsets, entry in
      if !charsets.contains(entry.alphabet) { charsets.append(entry.alphabet) }
    }
    alphabet = try Alphabet(unionOf: charsets)
  }

  /// The most characters that an image can have.
  package var lengthMax: Int { entries.reduce(0) { max($0, $1.lengths.upperBound) } }
}
