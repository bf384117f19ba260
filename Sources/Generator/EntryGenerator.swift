import Samples
import Specs

/// Random streams of a sample's seed, besides those of its style. A stream's number never changes, since that would change
/// the samples.
private enum Stream {
  static let characters: UInt64 = 0
  static let font: UInt64 = 1 << 32
  static let length: UInt64 = 1 << 32 | 1
}

/// Draws the samples of one entry of the spec.
struct EntryGenerator: Sendable {
  /// Index of the entry's charset among those of the spec.
  let charset: Int
  private let alphabet: Alphabet
  private let lengths: ClosedRange<Int>
  private let scalars: [Unicode.Scalar]
  /// One for each of the entry's fonts.
  private let drawings: [Drawing]

  /// - Parameter fonts: The files of the entry's fonts, in its order.
  /// - Throws: `GeneratorError` where a font lacks a character.
  init(
    _ entry: CaptchaSpec.Entry, charset: Int, geometry: Geometry, fonts: [FontFile]
  ) throws(GeneratorError) {
    alphabet = entry.alphabet
    lengths = entry.lengths
    self.charset = charset
    guard let style = entry.style.settings as? any DrawableSpec else {
      preconditionFailure("every style can be drawn")
    }
    let scalars = try Self.scalars(of: entry.alphabet, font: fonts[0])
    var drawings: [Drawing] = []
    for font in fonts {
      drawings.append(
        try style.drawing(of: geometry, lengthMax: entry.lengths.upperBound, font: font, characters: scalars))
    }
    self.drawings = drawings
    self.scalars = scalars
  }

  /// The label of the sample of `seed`; lengths and characters are each equally likely.
  func label(seed: UInt64) -> Label {
    var length = lengths.lowerBound
    if lengths.count > 1 {
      var stream = RandomStream(seed: seed, stream: Stream.length)
      length = stream.next(in: lengths)
    }
    var stream = RandomStream(seed: seed, stream: Stream.characters)
    return Label(classes: (0..<length).map { _ in UInt16(stream.next(below: alphabet.count)) })
  }

  /// The image of `label`, drawn with `seed`.
  func columns(of label: Label, seed: UInt64) -> ImageColumns {
    let drawing: Drawing
    if drawings.count == 1 {
      drawing = drawings[0]
    } else {
      var stream = RandomStream(seed: seed, stream: Stream.font)
      drawing = drawings[stream.next(below: drawings.count)]
    }
    return drawing(label.classes.map { scalars[Int($0)] }, seed)
  }

  /// - Throws: `GeneratorError.missingGlyph` for a character of several code points: drawn one by one, its marks would
  ///   become characters of their own.
  private static func scalars(of alphabet: Alphabet, font: FontFile) throws(GeneratorError) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    for character in alphabet.characters {
      guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1 else {
        throw .missingGlyph(character: String(character), font: "\(font.family) (\(font.path))")
      }
      scalars.append(scalar)
    }
    return scalars
  }
}
