import Foundation
import Samples

/// Names that stand for characters in `captcha.charset`.
enum CharsetName: String, CaseIterable {
  case digits, upper, lower

  var characters: String {
    switch self {
    case .digits: "0123456789"
    case .upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    case .lower: "abcdefghijklmnopqrstuvwxyz"
    }
  }
}

/// Why a charset is refused; a message puts "found" before the text.
struct CharsetError: Error {
  let found: String
}

extension Alphabet {
  /// The characters of a charset in the spec file, in its order. Names joined by `+` stand for the characters they
  /// name; any other text stands for its own characters, composed to one code point each (Unicode normalisation form
  /// C). So `lower` is 26 characters, and `rewol` five.
  init(charset: String) throws(CharsetError) {
    let names = charset.split(separator: "+", omittingEmptySubsequences: false).map {
      CharsetName(rawValue: String($0))
    }
    let text = names.contains(nil) ? charset : names.compactMap { $0?.characters }.joined()
    let characters = text.precomposedStringWithCanonicalMapping
    for character in characters {
      guard character.canBeWritten else { throw CharsetError(found: character.codePoints) }
    }
    do throws(AlphabetError) {
      try self.init(characters)
    } catch {
      switch error {
      case .empty: throw CharsetError(found: "no characters")
      case .duplicate(let character): throw CharsetError(found: "\"\(character)\" twice")
      case .tooManyCharacters: throw CharsetError(found: "\(characters.count) characters")
      }
    }
  }
}

extension Character {
  /// Whether the character is one visible code point that joins with no neighbour, so that the text of a label always
  /// splits into the label's characters again. Combining marks, jamo and flag letters join.
  fileprivate var canBeWritten: Bool {
    guard unicodeScalars.count == 1, let scalar = unicodeScalars.first, !scalar.properties.isWhitespace else {
      return false
    }
    switch scalar.properties.generalCategory {
    case .control, .format: return false
    default: return "a\(self)\(self)a".count == 4
    }
  }

  /// The character and its first code points, such as `"e" (U+65)`.
  fileprivate var codePoints: String {
    let points = unicodeScalars.prefix(4).map { "U+" + String($0.value, radix: 16, uppercase: true) }
    return "\"\(oneLine(String(self), countMax: 4))\" (\(points.joined(separator: " ")))"
  }
}
