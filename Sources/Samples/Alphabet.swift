/// The characters a captcha is written in, each with its class: its index in the list.
package struct Alphabet: Sendable, Hashable {
  package let characters: [Character]
  private let indexOfCharacter: [Character: UInt16]

  /// - Parameter characters: every character once, in class order; between 1 and 65,534 of them.
  package init(_ characters: some Sequence<Character>) throws(AlphabetError) {
    var indexOfCharacter: [Character: UInt16] = [:]
    var list: [Character] = []
    for character in characters {
      guard list.count < 65_534 else { throw .tooManyCharacters }
      guard indexOfCharacter.updateValue(UInt16(list.count), forKey: character) == nil else {
        throw .duplicate(character)
      }
      list.append(character)
    }
    guard !list.isEmpty else { throw .empty }
    self.characters = list
    self.indexOfCharacter = indexOfCharacter
  }

  /// Every character of `alphabets` once, in order of first appearance.
  package init(unionOf alphabets: [Alphabet]) throws(AlphabetError) {
    var seen: Set<Character> = []
    try self.init(alphabets.flatMap(\.characters).filter { seen.insert($0).inserted })
  }

  package var count: Int { characters.count }
  /// The class of positions past a text's end, where texts differ in length.
  package var blank: UInt16 { UInt16(count) }
  package var text: String { String(characters) }

  package func index(of character: Character) -> UInt16? { indexOfCharacter[character] }

  /// The label of `text`; nil where a character is not in the alphabet.
  package func label(of text: String) -> Label? {
    let classes = text.compactMap { indexOfCharacter[$0] }
    return classes.count == text.count ? Label(classes: classes) : nil
  }

  /// The text of `label`.
  /// - Precondition: every class index is below `count`.
  package func text(of label: Label) -> String { String(label.classes.map { characters[Int($0)] }) }
}

package enum AlphabetError: Error, Equatable {
  case empty
  case duplicate(Character)
  case tooManyCharacters
}

/// The text of one image: a class index of the alphabet for each position, from left to right.
package struct Label: Sendable, Hashable {
  package var classes: [UInt16]
  package init(classes: [UInt16]) { self.classes = classes }
  package var count: Int { classes.count }
}

extension String {
  /// The text of these code points; many times faster than appending each.
  package init(scalars: [Unicode.Scalar]) {
    self.init(unsafeUninitializedCapacity: scalars.reduce(0) { $0 + UTF8.width($1) }) { buffer in
      var count = 0
      for scalar in scalars {
        for byte in scalar.utf8 {
          buffer[count] = byte
          count += 1
        }
      }
      return count
    }
  }
}
