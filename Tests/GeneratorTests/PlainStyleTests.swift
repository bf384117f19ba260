import Generator
import Samples
import Testing

@Suite struct PlainStyleTests {
  @Test func charactersStandInTheMiddle() throws {
    let generator = try CaptchaGenerator(spec: captchaSpec("style: plain, charset: HI, length: 3"))
    for seed: UInt64 in 0..<10 {
      let image = generator.generate(index: 0, seed: seed).image
      let ink = image.pixels.indices.filter { image.pixels[$0] < 128 }
      let (rows, columns) = (ink.map { $0 / 160 }, ink.map { $0 % 160 })
      for (places, size) in [(columns, 160), (rows, 60)] {
        let (first, last) = (try #require(places.min()), try #require(places.max()))
        #expect(abs(first - (size - 1 - last)) <= 8, "\(first)...\(last) of \(size)")
      }
    }
  }

  @Test func theSameTextLooksTheSame() throws {
    let generator = try CaptchaGenerator(spec: captchaSpec("style: plain, charset: '0', length: 4"))
    let images = Set((0..<20 as Range<UInt64>).map { generator.generate(index: 0, seed: $0).image })
    #expect(images.count == 1)
  }

  @Test func sizesAndColorsAreChosen() throws {
    let keys = """
      style: plain, charset: '0', length: 2, color: rgb,
      plain: {font_sizes: [20, 40], background_color: ["#FFFFFF", "#DDDDDD"], text_color: ["#000000", "#AA0000"]}
      """
    let generator = try CaptchaGenerator(spec: captchaSpec(keys))
    let images = Set((0..<200 as Range<UInt64>).map { generator.generate(index: 0, seed: $0).image })
    #expect(images.count == 8)
  }

  @Test func refusesTextsThatDoNotFit() throws {
    let error = #expect(throws: GeneratorError.self) {
      try CaptchaGenerator(spec: try captchaSpec("style: plain, charset: digits, length: 7"))
    }
    let text = try #require(error).description
    #expect(text.contains("7 characters of font size 40 can be 168 pixels wide, the image is 160"))
  }
}
