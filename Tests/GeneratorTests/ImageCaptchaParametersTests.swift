import Foundation
import Generator
import Testing

@Suite struct ImageCaptchaParametersTests {
  @Test func glyphsAreSingleCharacters() throws {
    let json = #"{"char":"ab","font_size":42,"offset":[0,0],"rotation_degrees":0,"cell":[9,9],"warp":[0,0,0,0]}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ImageCaptchaParameters.Glyph.self, from: Data(json.utf8))
    }
  }

  @Test(arguments: [
    Fault("width is 0") { $0.width = 0 }, Fault("width is 4097") { $0.width = 4097 },
    Fault("height is -5") { $0.height = -5 }, Fault("characters of text is 0") { $0.text = "" },
    Fault("glyphs is 0") { $0.glyphs = [] }, Fault("overlaps is 0") { $0.overlaps = [] },
    Fault("overlap is -1") { $0.overlaps[0] = -1 }, Fault("opacity is 127") { $0.color.w = 127 },
    Fault("font_size is 0") { $0.glyphs[0].fontSize = 0 }, Fault("cell is 0") { $0.glyphs[0].cell.y = 0 },
    Fault("cell is 9223372036854775807") { $0.glyphs[0].cell.x = .max },
    Fault("offset is -1") { $0.glyphs[0].offset.x = -1 },
    Fault("warp is -9223372036854775808") { $0.glyphs[0].warp.z = .min },
    Fault("rotation_degrees is 90.0") { $0.glyphs[0].rotationDegrees = 90 },
    Fault("rotation_degrees is nan") { $0.glyphs[0].rotationDegrees = .nan },
    Fault("dot_width is 0") { $0.dotWidth = 0 }, Fault("dot is 5000") { $0.dots[0].x = 5000 },
    Fault("arc box is 5000") { $0.arcs[0].box.z = 5000 },
    Fault("the arc's box ends before it starts") { $0.arcs[0].box.x = $0.arcs[0].box.z + 1 },
    Fault("start_degrees is -1") { $0.arcs[0].startDegrees = -1 },
    Fault("end_degrees is 9999") { $0.arcs[0].endDegrees = 9999 },
  ])
  func refusesWhatCannotBeDrawn(_ fault: Fault) throws {
    var parameters = try #require(try GoldenCase.all().first).parameters
    fault.make(&parameters)
    let error = #expect(throws: GeneratorError.self) {
      try parameters.render(font: .find("Noto Mono"), format: .rgb)
    }
    #expect(error?.description.contains(fault.message) == true, "\(String(describing: error))")
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let message: String
    let make: @Sendable (inout ImageCaptchaParameters) -> Void
    var testDescription: String { message }

    init(_ message: String, make: @escaping @Sendable (inout ImageCaptchaParameters) -> Void) {
      self.message = message
      self.make = make
    }
  }
}
