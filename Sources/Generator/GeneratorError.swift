import Files

/// Why samples cannot be drawn.
package enum GeneratorError: Error, Equatable, CustomStringConvertible {
  /// No installed font has this family name; `searched` are the folders that were looked through.
  case fontNotFound(name: String, searched: [String])
  /// The file is no font that can be drawn from.
  case unusableFont(path: String, reason: String)
  /// The font has no glyph for the character.
  case missingGlyph(character: String, font: String)
  /// Parameters that no image can be drawn from.
  case invalidParameters(reason: String)
  case file(FileError)

  package var description: String {
    switch self {
    case .fontNotFound(let name, let searched):
      "no font of the family \"\(name)\" in \(searched.joined(separator: ", ")); "
        + (name == NotoMono.family
          ? "install the package fonts-noto-mono" : "install it, or give the path of a font file")
    case .unusableFont(let path, let reason):
      "cannot draw with the font \(path): \(reason)"
    case .missingGlyph(let character, let font):
      "the font \(font) has no glyph for \"\(character)\" (\(codePoints(of: character))); take another font or charset"
    case .invalidParameters(let reason):
      "cannot draw these parameters: \(reason)"
    case .file(let error):
      error.description
    }
  }
}

private func codePoints(of character: String) -> String {
  character.unicodeScalars.map { scalar in
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }.joined(separator: " ")
}
