import Generator
import Images
import Samples
import Testing

@Suite struct ImageCaptchaRendererTests {
  /// The project's promise is 99.9 % of the channel values within 1 and none off by more than 8; every image is equal.
  @Test(arguments: [("image-captcha", 100), ("pillow", 100), ("clutter", 11)])
  func drawsWhatPillowDraws(_ fixture: (name: String, count: Int)) throws {
    let renderer = try fixtureRenderer()
    let cases = try GoldenCase.all(of: fixture.name)
    var (exactCount, valueCount, nearCount, errorMax) = (0, 0, 0, 0)
    for golden in cases {
      let image = try renderer.render(golden.parameters, format: .rgb)
      #expect(image.geometry == golden.image.geometry)
      exactCount += image == golden.image ? 1 : 0
      for (ours, theirs) in zip(image.pixels, golden.image.pixels) {
        let error = abs(Int(ours) - Int(theirs))
        valueCount += 1
        nearCount += error <= 1 ? 1 : 0
        errorMax = max(errorMax, error)
      }
    }
    #expect(cases.count == fixture.count)
    #expect(Double(nearCount) >= 0.999 * Double(valueCount))
    #expect(errorMax <= 8)
    #expect(exactCount == cases.count)
  }

  @Test func grayIsPillowsLuma() throws {
    let renderer = try fixtureRenderer()
    for golden in try GoldenCase.all().prefix(20) {
      #expect(try renderer.render(golden.parameters, format: .gray) == golden.image.converted(to: .gray))
    }
  }

  @Test func aRendererKeepsNothingOfTheImageBefore() throws {
    let renderer = try fixtureRenderer()
    let cases = try GoldenCase.all()
    let first = try renderer.render(cases[0].parameters, format: .rgb)
    for golden in cases.prefix(10) { _ = try renderer.render(golden.parameters, format: .rgb) }
    #expect(try renderer.render(cases[0].parameters, format: .rgb) == first)
  }

  /// Cells are measured from the font, as the package does, when parameters are sampled.
  @Test func measuresCellsAsThePackageDoes() throws {
    let atlas = try fixtureAtlas()
    for glyph in try GoldenCase.all().flatMap(\.parameters.glyphs) {
      #expect(atlas.cell(of: glyph.character, size: glyph.fontSize) == glyph.cell)
    }
  }

  @Test func namesTheGlyphThatTheAtlasLacks() throws {
    var parameters = try #require(try GoldenCase.all().first).parameters
    parameters.glyphs[0].character = "é"
    let renderer = try fixtureRenderer()
    #expect(throws: GeneratorError.missingGlyph(character: "é", font: "at size 50")) {
      try renderer.render(parameters, format: .rgb)
    }
  }
}
