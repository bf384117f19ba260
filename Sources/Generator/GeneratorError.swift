import Files
import Specs

/// Why samples cannot be drawn.
package enum GeneratorError: Error, Equatable, CustomStringConvertible {
  /// No installed font has this family name; `searched` are the folders that were looked through, `closest` the families
  /// that are there, by how close their names come.
  case fontNotFound(name: String, searched: [String], closest: [String])
  /// The file is no font that can be drawn from.
  case unusableFont(path: String, reason: String)
  /// The font has no glyph for the character.
  case missingGlyph(character: String, font: String)
  /// The font's glyph for the character is damaged or huge.
  case undrawableGlyph(character: String, size: Int, font: String)
  /// Texts may be wider than the image; `needed` and `width` are pixels.
  case textTooWide(characterCount: Int, fontSize: Int, needed: Int, width: Int)
  /// Parameters that no image can be drawn from.
  case invalidParameters(reason: String)
  case file(FileError)
  /// What is wrong with the fonts that a spec names at a place.
  indirect case inSpec(SpecPlace, GeneratorError)

  package var description: String {
    switch self {
    case .fontNotFound(let name, let searched, let closest):
      "no font of the family \"\(name)\" in \(searched.joined(separator: ", ")); \(describe(closest)); "
        + (name == NotoMono.family
          ? "install the package fonts-noto-mono" : "install it, take another, or give the path of a font file")
    case .unusableFont(let path, let reason):
      "cannot draw with the font \(path): \(reason)"
    case .missingGlyph(let character, let font):
      "the font \(font) has no glyph for \"\(character)\" (\(codePoints(of: character))); take another font or charset"
    case .undrawableGlyph(let character, let size, let font):
      "the font \(font) cannot draw \"\(character)\" (\(codePoints(of: character))) at size \(size): its glyph is damaged, "
        + "or larger than \(GlyphAtlas.cellMax) pixels"
    case .textTooWide(let characterCount, let fontSize, let needed, let width):
      "\(characterCount) characters of font size \(fontSize) may take \(needed) pixels and the image is \(width) wide; take a"
        + " smaller font size, fewer characters or a wider image"
    case .invalidParameters(let reason):
      "cannot draw these parameters: \(reason)"
    case .file(let error):
      error.description
    case .inSpec(let place, let error):
      "\(place): \(error)"
    }
  }
}

private func describe(_ families: [String]) -> String {
  let shown = families.prefix(6).map { "\"\($0)\"" }.joined(separator: ", ")
  return switch families.count {
  case 0: "no fonts are there"
  case 1...6: "those that are there: \(shown)"
  case let count: "the closest of \(count) that are there: \(shown)"
  }
}

private func codePoints(of character: String) -> String {
  character.unicodeScalars.map { scalar in
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }.joined(separator: " ")
}

extension GeneratorError: ReportedError {
  package var exitStatus: ExitStatus {
    if case .fontNotFound = self { .noInput } else { cause?.exitStatus ?? .badData }
  }

  package var cause: (any ReportedError)? {
    switch self {
    case .file(let error): error
    case .inSpec(_, let error): error
    default: nil
    }
  }
}
