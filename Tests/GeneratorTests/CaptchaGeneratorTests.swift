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
  @Test(arguments: [
    ("image-captcha", "d37a5fa3cf2ec3c3"), ("wheezy", "599b51501766eef7"), ("plain", "d971665a3faca802"),
  ])
  func bytesOfVersion1(style: String, expected: String) throws {
    #expect(CaptchaGenerator.version == 1)
    let generator = try CaptchaGenerator(spec: captchaSpec("style: \(style), charset: digits+upper, length: 4"))
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for seed: UInt64 in 0..<32 {
      let sample = generator.generate(index: 0, seed: seed)
      // FNV-1a, 64 bits
      for byte in sample.image.pixels { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
      for index in sample.label.classes { digest = (digest ^ UInt64(index)) &* 0x100_0000_01B3 }
    }
    #expect(String(digest, radix: 16) == expected)
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
      imageCaptchaSpec(), width: 160, height: 60, lengthMax: 4, font: .find("Noto Mono"), characters: text)
    let renderer = ImageCaptchaRenderer(atlas: style.atlas)
    #expect(renderer.draw(style.parameters(of: text, seed: 3), format: .gray).image == sample.image)
  }

  @Test(arguments: [(16, 16), (1024, 512), (33, 200), (17, 300)])
  func drawsEverySizeOfTheSpec(_ size: (width: Int, height: Int)) throws {
    let geometry = Geometry(width: size.width, height: size.height, format: .rgb)
    let generator = try generator(characters: "gQ8", length: 16, geometry: geometry)
    for seed: UInt64 in 0..<5 { #expect(generator.generate(index: 0, seed: seed).image.geometry == geometry) }
  }

  @Test func everyLengthIsEquallyLikely() throws {
    let generator = try CaptchaGenerator(spec: captchaSpec("charset: abc, length: [2, 5]"))
    var counts: [Int: Int] = [:]
    for seed: UInt64 in 0..<2000 { counts[generator.generate(index: 0, seed: seed).label.count, default: 0] += 1 }
    #expect(counts.keys.sorted() == [2, 3, 4, 5])
    // Five standard deviations of a binomial count.
    for count in counts.values { #expect(abs(count - 500) < 97) }
  }

  @Test func entriesAreDrawnAsOftenAsTheirWeightsSay() throws {
    let entries = [
      "{charset: ab, length: 1, weight: 3}", "{charset: bc, length: 2, weight: 1}", "{charset: ab, length: 3}",
    ]
    let spec = try captchaSpec(entries: entries)
    let generator = try CaptchaGenerator(spec: spec)
    let samples = (0..<2000 as Range<UInt64>).map { generator.generate(index: $0, seed: $0) }
    let shares = [1: 0.6, 2: 0.2, 3: 0.2]
    for (length, share) in shares {
      let count = Double(samples.count { $0.label.count == length })
      #expect(abs(count / 2000 - share) < 5 * (share * (1 - share) / 2000).squareRoot())
    }
    #expect(samples.allSatisfy { $0.charset == ($0.label.count == 2 ? 1 : 0) })
    // Each sample is what its entry draws alone.
    for (number, entry) in entries.enumerated() {
      let alone = try CaptchaGenerator(spec: captchaSpec(entries: [entry]))
      let sample = try #require(samples.first { $0.label.count == number + 1 })
      #expect(alone.generate(index: 0, seed: sample.seed).image == sample.image)
    }
  }

  @Test func entriesAreDrawnInTheirSplitsOnly() throws {
    let generator = try CaptchaGenerator(
      spec: captchaSpec(entries: [
        "{charset: ab, length: 1, splits: [validation, test]}", "{charset: ab, length: 2}",
        "{charset: ab, length: 3, splits: train, weight: 3}",
      ]))
    func lengths(_ split: Split) -> [Int] {
      (0..<400).map { generator.generate(for: split, index: 0, seed: $0).label.count }
    }
    #expect(Set(lengths(.train)) == [2, 3] && Set(lengths(.test)) == [1, 2])
    #expect(lengths(.validation) == lengths(.test))
    // Five standard deviations of a binomial count.
    #expect(abs(lengths(.train).count { $0 == 3 } - 300) < 44)
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

  @Test func saysWhereItLooksForAFont() throws {
    let error = #expect(throws: GeneratorError.self) { try generator(font: "Noto Momo") }
    let text = try #require(error).description
    #expect(text.contains("\"Noto Momo\"") && text.contains("/usr/share/fonts"))
    let families = try #require(text.firstRange(of: "installed there: "))
    #expect(text[families.upperBound...].hasPrefix("\"Noto Mono\""))
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
      style: .init(try imageCaptchaSpec()), alphabet: try Alphabet(characters), lengths: length...length,
      fonts: Located([font], at: nil))
    return try CaptchaGenerator(spec: CaptchaSpec(geometry: geometry, entries: [entry]))
  }
}
