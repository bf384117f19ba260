import Files
import Samples
import Specs

/// Why samples cannot be drawn.
package enum GeneratorError: Error, Equatable, CustomStringConvertible {
  /// No installed font has this family name. `searched` are the folders searched, `closest` the families found there,
  /// those with the most similar names first.
  case fontNotFound(name: String, searched: [String], closest: [String])
  /// The file is not a usable font.
  case unusableFont(path: String, reason: String)
  /// The font has no glyph for the character.
  case missingGlyph(character: String, font: String)
  /// The font's glyph for the character is damaged or huge.
  case undrawableGlyph(character: String, size: Int, font: String)
  /// Texts can be wider than the image; `needed` and `width` are pixels.
  case textTooWide(characterCount: Int, fontSize: Int, needed: Int, width: Int)
  /// Parameters that cannot be drawn.
  case invalidParameters(reason: String)
  case file(FileError)
  /// An error of a spec's fonts, with their location in the spec.
  indirect case inSpec(SpecPlace, GeneratorError)

  package var description: String {
    switch self {
    case .fontNotFound(let name, let searched, let closest):
      "no font of the family \"\(name)\" in \(searched.joined(separator: ", ")); \(describe(closest)); "
        + (name == NotoMono.family
          ? "install the package fonts-noto-mono" : "install it, choose another, or give the path of a font file")
    case .unusableFont(let path, let reason):
      "cannot draw with the font \(path): \(reason)"
    case .missingGlyph(let character, let font):
      "the font \(font) has no glyph for \"\(character)\" (\(codePoints(of: character))); "
        + "choose another font or charset"
    case .undrawableGlyph(let character, let size, let font):
      "the font \(font) cannot draw \"\(character)\" (\(codePoints(of: character))) at size \(size): "
        + "its glyph is damaged, or larger than \(GlyphAtlas.cellMax) pixels"
    case .textTooWide(let characterCount, let fontSize, let needed, let width):
      "\(counted(characterCount, "character")) of font size \(fontSize) can be \(needed) pixels wide, "
        + "the image is \(width); choose a smaller font size, fewer characters or a wider image"
    case .invalidParameters(let reason):
      "cannot draw these parameters: \(reason)"
    case .file(let error):
      error.description
    case .inSpec(let location, let error):
      "\(location): \(error)"
    }
  }
}

private func describe(_ families: [String]) -> String {
  let shown = families.prefix(6).map { "\"\($0)\"" }.joined(separator: ", ")
  return switch families.count {
  case 0: "no fonts are installed there"
  case 1...6: "installed there: \(shown)"
  case let count: "the closest of \(count) installed there: \(shown)"
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
