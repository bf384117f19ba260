import Foundation
import Generator
import Images
import Samples
import Testing

/// Images of the styles beside image-captcha, drawn anew from the parameters that gave them.
@Suite struct StyleGoldenTests {
  private struct Name: Decodable { let image: String }

  /// The project's promise is 99.9 % of the channel values within 1 and none off by more than 8; every image is equal.
  @Test(arguments: [("wheezy", 90), ("plain", 20)])
  func drawsWhatPillowDraws(_ fixture: (name: String, count: Int)) throws {
    let font = try FontFile.find("Noto Mono")
    let folder = Bundle.module.bundlePath + "/Fixtures/" + fixture.name
    let lines = try GoldenCase.lines(of: fixture.name)
    #expect(lines.count == fixture.count)
    for line in lines {
      let name = try JSONDecoder().decode(Name.self, from: line).image
      let parameters = try JSONDecoder().decode(StyleParameters.self, from: line)
      let expected = try ImageFile.read("\(folder)/\(name)").image
      #expect(try parameters.image.render(font: font, format: .rgb) == expected, "\(name)")
    }
  }

  @Test func aCaseWithoutAStyleIsOfImageCaptcha() throws {
    let golden = try #require(try GoldenCase.all().first)
    let parameters = try JSONDecoder().decode(StyleParameters.self, from: try #require(try GoldenCase.lines().first))
    #expect(try parameters.image.render(font: .find("Noto Mono"), format: .rgb) == golden.image)
  }

  @Test func anUnknownStyleIsRefused() {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(StyleParameters.self, from: Data(#"{"style": "fancy"}"#.utf8))
    }
  }
}
