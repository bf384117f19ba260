import Foundation
import Generator
import Images
import Samples
import Specs
import Testing

@Suite struct CaptchaGeneratorTests {
  @Test func sameSeedSamePixels() throws {
    let (first, second) = (try generator(), try generator())
    for seed: UInt64 in [0, 1, 42, 1 << 62] {
      let sample = first.generate(index: 7, seed: seed)
      #expect(second.generate(index: 7, seed: seed) == sample)
      #expect(second.generate(index: 8, seed: seed).image == sample.image)
      #expect(sample.label.count == 4)
    }
  }

  @Test func differentSeedsDiffer() throws {
    let generator = try generator()
    let images = Set((0..<500).map { generator.generate(index: 0, seed: $0).image })
    #expect(images.count == 500)
    let labels = Set((0..<500).map { generator.generate(index: 0, seed: $0).label })
    #expect(labels.count > 490)
  }

  @Test func threadsDoNotMatter() async throws {
    let generator = try generator()
    let expected = (0..<64).map { generator.generate(index: $0, seed: $0) }
    let drawn = await withTaskGroup(of: Sample.self) { group in
      for index: UInt64 in 0..<64 { group.addTask { generator.generate(index: index, seed: index) } }
      return await group.reduce(into: [Sample]()) { $0.append($1) }
    }
    #expect(drawn.sorted { $0.index < $1.index } == expected)
  }

  /// The bytes that version 1 stands for. If this fails, raise `CaptchaGenerator.version`: stored samples cannot be drawn
  /// again.
  @Test func bytesOfVersion1() throws {
    #expect(CaptchaGenerator.version == 1)
    let generator = try generator()
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for seed: UInt64 in 0..<32 {
      let sample = generator.generate(index: 0, seed: seed)
      // FNV-1a, 64 bits
      for byte in sample.image.pixels { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
      for index in sample.label.classes { digest = (digest ^ UInt64(index)) &* 0x100_0000_01B3 }
    }
    #expect(String(digest, radix: 16) == "d37a5fa3cf2ec3c3")
  }

  @Test func grayIsTheColorImageInLuma() throws {
    let color = try generator(geometry: Geometry(width: 160, height: 60, format: .rgb))
    let gray = try generator()
    for seed: UInt64 in 0..<20 {
      #expect(
        gray.generate(index: 0, seed: seed).image == color.generate(index: 0, seed: seed).image.converted(to: .gray))
    }
  }

  @Test func aSampleIsWhatItsStyleDrawsOfItsParameters() throws {
    let sample = try generator().generate(index: 0, seed: 3)
    let text = sample.label.classes.map { Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars)[Int($0)] }
    let style = try ImageCaptchaStyle(
      imageCaptchaSpec(), width: 160, height: 60, font: .find("Noto Mono"), characters: text)
    let renderer = style.makeRenderer()
    #expect(try renderer.render(style.parameters(of: text, seed: 3), format: .gray) == sample.image)
  }

  @Test(arguments: [(16, 16), (1024, 512), (33, 200), (17, 300)])
  func drawsEverySizeOfTheSpec(_ size: (width: Int, height: Int)) throws {
    let geometry = Geometry(width: size.width, height: size.height, format: .rgb)
    let generator = try generator(characters: "gQ8", length: 16, geometry: geometry)
    for seed: UInt64 in 0..<5 { #expect(generator.generate(index: 0, seed: seed).image.geometry == geometry) }
  }

  @Test func identityNamesFreeTypeAndFont() throws {
    let identity = try generator().identity
    #expect(identity.version == 1)
    #expect(identity.freeTypeVersion.split(separator: ".").count == 3)
    #expect(identity.fonts.map(\.name) == ["Noto Mono"])
    #expect(identity.fonts.map(\.hash) == [try FontFile.find("Noto Mono").hash])
  }

  @Test func fontsAreFoundByNameAndByPath() throws {
    let byName = try FontFile.find("noto mono")
    let byPath = try FontFile.find(byName.path)
    #expect(byName.family == "Noto Mono")
    #expect(byPath.hash == byName.hash)
  }

  @Test func saysWhereItLookedForAFont() throws {
    let error = #expect(throws: GeneratorError.self) { try generator(font: "No Such Font") }
    let text = try #require(error).description
    #expect(text.contains("\"No Such Font\"") && text.contains("/usr/share/fonts"))
    let noto = #expect(throws: GeneratorError.self) { try FontFile.find("Noto Mono", in: ["/nowhere"]) }
    #expect(try #require(noto).description.contains("fonts-noto-mono"))
  }

  @Test func namesTheCharacterThatTheFontLacks() throws {
    let error = #expect(throws: GeneratorError.self) { try generator(characters: "AB漢") }
    let text = try #require(error).description
    #expect(text.contains("漢") && text.contains("U+6F22") && text.contains("Noto Mono"))
  }

  @Test func refusesCharactersOfSeveralCodePoints() throws {
    let error = #expect(throws: GeneratorError.self) { try generator(characters: "A\u{65}\u{301}") }
    #expect(try #require(error).description.contains("U+0065 U+0301"))
  }

  @Test func refusesFilesThatAreNoFonts() throws {
    let path = NSTemporaryDirectory() + "glyphline-\(UUID().uuidString).ttf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let noto = try FontFile.find("Noto Mono")
    for content in [[], Array("not a font".utf8), Array(noto.bytes.prefix(1000))] {
      try Data(content).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: GeneratorError.self) { try generator(font: path) }
      #expect(try #require(error).description.contains(path))
    }
    #expect(throws: GeneratorError.self) { try generator(font: path + ".missing") }
  }

  private func generator(
    characters: String = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", length: Int = 4,
    geometry: Geometry = Geometry(width: 160, height: 60, format: .gray), font: String = "Noto Mono"
  ) throws -> CaptchaGenerator {
    let entry = CaptchaSpec.Entry(
      style: .imageCaptcha(try imageCaptchaSpec()), alphabet: try Alphabet(characters), lengths: length...length,
      fonts: [font])
    return try CaptchaGenerator(spec: CaptchaSpec(geometry: geometry, entries: [entry]))
  }
}
