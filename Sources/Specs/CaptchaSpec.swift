import Samples

/// What the images show and how they are drawn. Each image shows one of the entries.
package struct CaptchaSpec: Sendable, Hashable {
  /// Of every image. Width 16 ... 1024, height 16 ... 512.
  package let geometry: Geometry
  /// The kinds of captcha; at least one.
  package let entries: [Entry]
  /// Every charset of the entries once, in order of appearance.
  package let charsets: [Alphabet]
  /// The characters of all charsets, in order of appearance.
  package let alphabet: Alphabet

  /// One kind of captcha.
  package struct Entry: Sendable, Hashable {
    /// How often it is drawn, relative to the sum of all weights in its split: above 0.
    package let weight: Double
    /// The splits it is drawn in; at least one.
    package let splits: Set<Split>
    package let style: Style
    package let alphabet: Alphabet
    /// Characters in an image, each number equally likely: within 1 ... 16.
    package let lengths: ClosedRange<Int>
    /// Family names of installed fonts, or paths of font files; at least one. Each image has one of them.
    package let fonts: Located<[String]>

    /// - Precondition: as the properties say.
    package init(
      weight: Double = 1, splits: Set<Split> = Set(Split.allCases), style: Style, alphabet: Alphabet,
      lengths: ClosedRange<Int>, fonts: Located<[String]>
    ) {
      precondition(weight > 0 && !splits.isEmpty && lengths.lowerBound > 0 && !fonts.value.isEmpty)
      self.weight = weight
      self.splits = splits
      self.style = style
      self.alphabet = alphabet
      self.lengths = lengths
      self.fonts = fonts
    }
  }

  /// - Precondition: there is an entry.
  /// - Throws: `AlphabetError.tooManyCharacters` where the charsets together have too many.
  package init(geometry: Geometry, entries: [Entry]) throws(AlphabetError) {
    precondition(!entries.isEmpty)
    self.geometry = geometry
    self.entries = entries
    charsets = entries.reduce(into: []) { charsets, entry in
      if !charsets.contains(entry.alphabet) { charsets.append(entry.alphabet) }
    }
    alphabet = try Alphabet(unionOf: charsets)
  }

  /// Fewest and most characters of an image.
  package var lengths: ClosedRange<Int> {
    entries.dropFirst().reduce(entries[0].lengths) { lengths, entry in
      min(lengths.lowerBound, entry.lengths.lowerBound)...max(lengths.upperBound, entry.lengths.upperBound)
    }
  }
}
