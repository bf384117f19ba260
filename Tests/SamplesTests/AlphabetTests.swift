import Samples
import Testing

@Suite struct AlphabetTests {
  @Test func classesFollowTheOrderOfTheCharacters() throws {
    let alphabet = try Alphabet("bac")
    #expect(alphabet.count == 3)
    #expect(alphabet.text == "bac")
    #expect(alphabet.characters == ["b", "a", "c"])
    #expect(alphabet.index(of: "b") == 0)
    #expect(alphabet.index(of: "c") == 2)
    #expect(alphabet.index(of: "d") == nil)
  }

  @Test func labelsAndTextsTurnIntoEachOther() throws {
    let alphabet = try Alphabet("0123456789é验")
    let label = try #require(alphabet.label(of: "验0é9"))
    #expect(label.classes == [11, 0, 10, 9])
    #expect(label.count == 4)
    #expect(alphabet.text(of: label) == "验0é9")
    #expect(alphabet.label(of: "12a") == nil)
    #expect(alphabet.label(of: "")?.count == 0)
  }

  @Test func impossibleAlphabetsAreRefused() {
    #expect(throws: AlphabetError.empty) { try Alphabet("") }
    #expect(throws: AlphabetError.duplicate("a")) { try Alphabet("aba") }
    #expect(throws: AlphabetError.duplicate("\u{E9}")) { try Alphabet("\u{E9}e\u{301}") }
  }

  @Test func sizeHasALimit() throws {
    let characters = (0x1_0000..<0x1_0000 + 65_535).compactMap { UnicodeScalar($0).map(Character.init) }
    #expect(try Alphabet(characters.dropLast()).index(of: characters[65_533]) == 65_533)
    #expect(throws: AlphabetError.tooManyCharacters) { try Alphabet(characters) }
  }

  @Test func aUnionHasEveryCharacterWhereItFirstAppears() throws {
    #expect(try Alphabet(unionOf: [Alphabet("ba"), Alphabet("cab"), Alphabet("dc")]).text == "bacd")
  }

  @Test func orderTellsAlphabetsApart() throws {
    #expect(try Alphabet("ab") == Alphabet("ab"))
    #expect(try Alphabet("ab") != Alphabet("ba"))
  }
}
