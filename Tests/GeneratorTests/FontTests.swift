import Files
import Foundation
import Generator
import Network
import Samples
import Specs
import Testing

/// Fonts by family name and by file, one or several, of any script, sound or not.
@Suite struct FontTests {
  private static let folder = Bundle.module.bundlePath + "/Fixtures/fonts"
  private static let regular = folder + "/han.otf"
  /// A collection whose first face is bold and whose second one is regular.
  private static let collection = folder + "/han.ttc"

  private func images(_ keys: String, count: UInt64 = 20) throws -> [Image] {
    let generator = try CaptchaGenerator(spec: captchaSpec(keys))
    return (0..<count).map { generator.generate(index: 0, seed: $0).image }
  }

  @Test(arguments: ["éàüñçÅŁ", "αβγδεΩΨ", "ЖЯЮщ", "€§%&"])
  func drawsEveryCharacterOfTheFont(charset: String) throws {
    #expect(try Set(images("charset: '\(charset)', length: 4")).count == 20)
  }

  @Test func drawsChineseWithAFittingFont() throws {
    let images = try images("charset: 验证码汉字, length: 4, font: '\(Self.regular)'")
    #expect(Set(images).count == 20)
    // There is ink: the background is lighter, and dots and an arc alone cover less.
    #expect(images.allSatisfy { image in image.pixels.count { $0 < 200 } > image.pixels.count / 20 })
  }

  @Test func everyImageHasOneOfTheFonts() throws {
    let keys = "charset: 验证码汉字, length: 4, font: "
    let (regular, bold) = (try images(keys + "'\(Self.regular)'"), try images(keys + "'\(Self.collection)'"))
    let mixed = try images(keys + "['\(Self.regular)', '\(Self.collection)']")
    #expect(zip(regular, bold).allSatisfy { $0 != $1 })
    let areBold = mixed.indices.map { mixed[$0] == bold[$0] }
    #expect(mixed.indices.allSatisfy { areBold[$0] || mixed[$0] == regular[$0] })
    #expect((4...16).contains(areBold.count { $0 }))
  }

  @Test func aFamilyIsFoundInACollection() throws {
    let file = try InstalledFonts(in: [Self.folder]).font(ofFamily: "glyphline han")
    #expect(file.family == "Glyphline Han" && file.path == Self.regular && file.faceIndex == 0)
    let alone = NSTemporaryDirectory() + "fonts-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: alone + "/deeper", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: alone) }
    try FileManager.default.copyItem(atPath: Self.collection, toPath: alone + "/deeper/x.ttc")
    try Data("no font".utf8).write(to: URL(filePath: alone + "/broken.ttf"))
    let inCollection = try InstalledFonts(in: [alone]).font(ofFamily: "Glyphline Han")
    #expect(inCollection.faceIndex == 1 && inCollection.path == alone + "/deeper/x.ttc")
  }

  /// The folder of a package's fonts is found from the path of its library, whichever level of CPUs that is for.
  @Test(arguments: [
    ("/opt/lib/glyphline/lib/glyphline/libglyphline.so.0", "/opt/lib/glyphline/share/glyphline/fonts"),
    ("/p/bin/../lib/glyphline/glibc-hwcaps/x86-64-v3/libglyphline.so.0", "/p/bin/../share/glyphline/fonts"),
    ("/home/me/glyphline/.build/release/glyphline", nil),
  ])
  func aPackageHasFonts(library: Substring, fonts: String?) {
    #expect(InstalledFonts.folder(besideLibrary: library) == fonts)
  }

  @Test func namesTheFamiliesThatAreThere() throws {
    let error = #expect(throws: GeneratorError.self) {
      try InstalledFonts(in: [Self.folder]).font(ofFamily: "Glyphline Hun")
    }
    #expect(
      error == .fontNotFound(name: "Glyphline Hun", searched: [Self.folder], closest: ["Glyphline Han"]))
    #expect(error?.description.contains("installed there: \"Glyphline Han\"") == true)
  }

  @Test func namesTheCharacterThatOneOfSeveralFontsLacks() throws {
    let error = #expect(throws: GeneratorError.self) {
      try images("charset: 验证码, length: 4, font: ['\(Self.regular)', Noto Mono]")
    }
    let text = try #require(error).description
    #expect(text.contains("Noto Mono") && text.contains("U+7801"), "\(text)")
  }

  @Test func saysWhereTheSpecNamesTheFont() throws {
    let yaml = """
      name: x
      captcha:
        - {charset: digits, length: 4}
        - charset: digits
          length: 4
          font: No Such Font
      datasets: {train: {count: 1000}}
      """
    let spec = try PipelineSpec(yaml: yaml, path: "x.yaml")
    let error = #expect(throws: GeneratorError.self) { try CaptchaGenerator(spec: spec.captcha) }
    #expect(error?.description.hasPrefix("x.yaml:6: captcha[1].font: no font of the family") == true)
  }

  /// Random damage gives an error or an image, and never a trap.
  @Test func damagedFontsNeverTrap() throws {
    let spec = try imageCaptchaSpec()
    let good = try ReadableFile.contents(of: Self.regular)
    let path = NSTemporaryDirectory() + "damaged-\(UUID().uuidString).otf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for seed in 0..<300 as Range<UInt64> {
      var random = RandomStream(seed: seed, stream: 0)
      var bytes = good
      for _ in 0...random.next(below: 6) { bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256)) }
      if random.next(below: 8) == 0 { bytes.removeLast(random.next(below: bytes.count)) }
      try Data(bytes).write(to: URL(filePath: path))
      do throws(GeneratorError) {
        let font = try FontFile(path: path)
        let style = try ImageCaptchaStyle(
          spec, width: 160, height: 60, lengthMax: 3, font: font, characters: Array("验证码汉字".unicodeScalars))
        let parameters = style.parameters(of: Array("验证码".unicodeScalars), seed: seed)
        _ = ImageCaptchaRenderer(atlas: style.atlas).draw(parameters, format: .rgb)
      } catch {
        #expect(!error.description.isEmpty, "seed \(seed)")
      }
    }
  }
}
