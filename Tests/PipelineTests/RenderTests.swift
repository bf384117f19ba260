import Foundation
import Images
import Testing

/// `glyphline render`: given parameters, drawn to PNG files.
@Suite struct RenderTests {
  /// Images of the package `captcha` and the parameters that gave them.
  private static let golden = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../GeneratorTests/Fixtures/image-captcha").standardized.path()

  /// The first golden case.
  private static let soundLine = Result {
    String(try String(contentsOfFile: golden + "/cases.jsonl", encoding: .utf8).prefix { $0 != "\n" })
  }

  @Test func drawsThePackagesImages() throws {
    let folder = try Folder()
    let outcome = try Program.run("render", Self.golden + "/cases.jsonl", "--out", folder.path + "/new/images")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let drawn = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/new/images").sorted()
    #expect(drawn.count == 100 && drawn.first == "000.png" && drawn.last == "099.png")
    for name in drawn {
      let drawn = try ImageFile.read("\(folder.path)/new/images/\(name)").image
      #expect(try drawn == ImageFile.read("\(Self.golden)/\(name)").image)
    }
  }

  @Test func listsWhatItDrew() throws {
    struct Report: Decodable, Equatable {
      struct Image: Decodable, Equatable {
        let file: String
        let text: String
      }
      let images: [Image]
      let count: Int
    }
    let folder = try Folder()
    let cases = try folder.write("\(Self.soundLine.get())\r\n\n", as: "cases.jsonl")
    let outcome = try Program.run("render", cases, "--out", folder.path, "--json")
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report == Report(images: [.init(file: folder.path + "/000.png", text: "6D0o2V")], count: 1))
  }

  @Test(arguments: [
    ("{", "it is not valid JSON"), ("null", "it is not a JSON object"), ("[1]", "it is not a JSON object"),
    ("\u{0}", "it is not valid JSON"),
    (String(repeating: "[", count: 100_000), "it is not valid JSON"), (#"{"text": "A"}"#, "width is missing"),
  ])
  func namesTheLineThatIsNoCase(line: String, message: String) throws {
    try expectRefusal(of: line, message: message)
  }

  @Test(arguments: [
    (#""width": 200"#, #""width": "wide""#, "width: "),
    (#""width": 200"#, #""width": 2.5"#, "whole"),
    (#""width": 200"#, #""width": 1000000000000000000000000000000"#, "too large"),
    (#""width": 200"#, #""width": 1000000"#, "width is 1000000, allowed: 1 to 4096"),
    (#""background": [253,"#, #""background": [256,"#, "too large"),
    (#""char": "6""#, #""char": "66""#, "glyphs[1].char: "),
    (#""char": "6""#, #""char": "漢""#, "U+6F22"),
    (#""font_size": 50"#, #""font_size": 257"#, "font_size is 257, allowed: 1 to 256"),
    (#""cell": [31, 54]"#, #""cell": [31]"#, "glyphs[0].cell: "),
    (#""rotation_degrees": 17.6"#, #""rotation_degrees": 1e3, "a": 17.6"#, "rotation_degrees is 1000.0"),
    (#""overlaps": [5,"#, #""overlaps": ["#, "overlaps is 8, allowed: 9 to 9"),
  ])
  func namesWhatCannotBeDrawn(original: String, replacement: String, message: String) throws {
    let line = try Self.soundLine.get()
    #expect(line.contains(original))
    try expectRefusal(of: line.replacing(original, with: replacement, maxReplacements: 1), message: message)
  }

  /// A sound line, then `line`.
  private func expectRefusal(of line: String, message: String) throws {
    let folder = try Folder()
    let cases = try folder.write("\(Self.soundLine.get())\n\(line)\n", as: "cases.jsonl")
    let outcome = try Program.run("render", cases, "--out", folder.path + "/images")
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.hasPrefix("error: \(cases) line 2: "), "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
  }

  @Test func saysWhatIsMissing() throws {
    let folder = try Folder()
    let cases = try folder.write("\(Self.soundLine.get())\n", as: "cases.jsonl")
    let blank = try folder.write("\n \n", as: "blank.jsonl")
    for (cases, out, font, exitCode, message) in [
      (folder.path + "/none.jsonl", folder.path, "Noto Mono", 66, "none.jsonl"),
      (blank, folder.path, "Noto Mono", 65, "no cases"), (cases, cases, "Noto Mono", 73, cases),
      (cases, folder.path, "No Such Font", 66, "No Such Font"),
    ] as [(String, String, String, Int32, String)] {
      let outcome = try Program.run("render", cases, "--out", out, "--font", font)
      #expect(outcome.exitCode == exitCode && outcome.errors.contains(message), "\(outcome.errors)")
    }
  }
}
