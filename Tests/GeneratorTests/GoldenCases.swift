import Foundation
import Generator
import Images
import Samples

/// An image that Pillow drew, beside the parameters that gave it.
struct GoldenCase {
  let parameters: ImageCaptchaParameters
  let image: Image

  /// All of a fixture: `image-captcha`, drawn by the package, or `pillow`, what the package never draws.
  static func all(of fixture: String = "image-captcha") throws -> [GoldenCase] {
    let folder = Bundle.module.bundlePath + "/Fixtures/" + fixture
    return try lines(of: fixture).map { line in
      let name = try JSONDecoder().decode(Name.self, from: line).image
      return GoldenCase(
        parameters: try JSONDecoder().decode(ImageCaptchaParameters.self, from: line),
        image: try ImageFile.read("\(folder)/\(name)").image)
    }
  }

  /// The lines of `cases.jsonl`.
  static func lines(of fixture: String = "image-captcha") throws -> [Data] {
    let path = Bundle.module.bundlePath + "/Fixtures/\(fixture)/cases.jsonl"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return text.split(separator: "\n").map { Data($0.utf8) }
  }

  private struct Name: Decodable { let image: String }
}

/// The glyphs of the fixtures.
func fixtureAtlas() throws -> GlyphAtlas {
  let characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz&".unicodeScalars
  return try GlyphAtlas(font: FontFile.find("Noto Mono"), characters: characters, sizes: [42, 50, 56])
}

func fixtureRenderer() throws -> ImageCaptchaRenderer { ImageCaptchaRenderer(atlas: try fixtureAtlas()) }
