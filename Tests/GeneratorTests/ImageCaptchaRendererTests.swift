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
      let image = renderer.draw(golden.parameters, format: .rgb).image
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
      #expect(renderer.draw(golden.parameters, format: .gray).image == golden.image.converted(to: .gray))
    }
  }

  @Test func aRendererKeepsNothingOfTheImageBefore() throws {
    let renderer = try fixtureRenderer()
    let cases = try GoldenCase.all()
    let first = renderer.draw(cases[0].parameters, format: .rgb).image
    for golden in cases.prefix(10) { _ = renderer.draw(golden.parameters, format: .rgb).image }
    #expect(renderer.draw(cases[0].parameters, format: .rgb).image == first)
  }

  /// Cells are measured from the font, as the package does, when parameters are sampled.
  @Test func measuresCellsAsThePackageDoes() throws {
    let atlas = try fixtureAtlas()
    for glyph in try GoldenCase.all().flatMap(\.parameters.glyphs) {
      #expect(atlas.cell(of: glyph.character, size: glyph.fontSize) == glyph.cell)
    }
  }
}
