import Files
import Foundation
import Images
import Samples
import Testing

/// `glyphline preview`: samples to look at.
@Suite struct PreviewTests {
  private struct Report: Decodable {
    struct Sample: Decodable {
      let seed: UInt64
      let label: String
    }
    let png: String
    let samples: [Sample]
  }

  @Test(arguments: ["gray", "rgb"])
  func drawsALabelledSheet(color: String) throws {
    let folder = try Folder()
    let yaml = tinySpec().replacing("length: 2", with: "length: 2, color: \(color)")
    let spec = try folder.write(yaml, as: "spec.yaml")
    let png = folder.path + "/sheet.png"
    let outcome = try Program.run("preview", spec, "--png", png, "--count", "5", "--json")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    #expect(report.png == png && report.samples.count == 5)
    let sheet = try ImageFile.read(FilePath(png)).image
    #expect(sheet.geometry.format == (color == "gray" ? .gray : .rgb))
    // Three rows of two, two and one, each picture 64 x 32 with its label and space around.
    try #require(sheet.geometry.width == 2 * 80 && sheet.geometry.height == 3 * 64 + 8)
    for (number, sample) in report.samples.enumerated() {
      let single = folder.path + "/\(number).png"
      #expect(try Program.run("preview", spec, "--png", single, "--seed", "\(sample.seed)").exitCode == 0)
      let (left, top) = (number % 2 * 80 + 8, number / 2 * 64 + 8)
      #expect(
        try ImageFile.read(FilePath(single)).image == part(of: sheet, left: left, top: top, width: 64, height: 32))
      // Under it, its label in black.
      let caption = part(of: sheet, left: left, top: top + 32, width: 64, height: 24)
      #expect(caption.pixels.contains { $0 < 32 })
    }
  }

  @Test func theSameSeedGivesTheSamePixels() throws {
    let folder = try Folder()
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    #expect(try Program.run("build", spec, "--workspace", folder.path + "/built").exitCode == 0)
    let shard = folder.path + "/built/shards/test-00000.shard.zst"
    let (stored, drawn) = (folder.path + "/stored.png", folder.path + "/drawn.png")
    struct Record: Decodable {
      let seed: UInt64
      let label: String
      let charset: String
    }
    for number in ["0", "17", "59"] {
      let inspection = try Program.run("inspect", shard, "--record", number, "--png", stored, "--json")
      let record = try JSONDecoder().decode(Record.self, from: Data(inspection.output.utf8))
      #expect(record.charset == "0123456789")
      let preview = try Program.run("preview", spec, "--seed", "\(record.seed)", "--png", drawn)
      #expect(preview.output == "\(record.label), seed \(record.seed)\n")
      #expect(FileManager.default.contents(atPath: drawn) == FileManager.default.contents(atPath: stored))
    }
  }

  @Test func showsTheSplitThatIsAskedFor() throws {
    let folder = try Folder()
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    func samples(_ split: String) throws -> String {
      try Program.run("preview", spec, "--png", folder.path + "/a.png", "--split", split).output
    }
    #expect(try samples("test").split(separator: "\n").count == 20)
    #expect(try samples("test") != samples("train"))
  }

  @Test func refusesWhatIsNoSheet() throws {
    let folder = try Folder()
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    let png = folder.path + "/sheet.png"
    for (arguments, exitCode, message) in [
      (["--count", "0"], 64, "--count"), (["--count", "100000000"], 65, "allowed: up to"),
      (["--split", "validation"], 65, "validation"), (["--seed", "9223372036854775808"], 64, "--seed"),
      (["--seed", "1", "--count", "2"], 64, "--count"),
    ] as [([String], Int32, String)] {
      let outcome = try Program.run(["preview", spec, "--png", png] + arguments)
      #expect(outcome.exitCode == exitCode && outcome.errors.contains(message), "\(outcome.errors)")
    }
    #expect(try Program.run("preview", spec, "--png", folder.path + "/none/a.png").exitCode == 73)
    #expect(!FileManager.default.fileExists(atPath: png))
  }

  /// Not for the font that has no glyph for their labels.
  @Test func refusesImportedSplits() throws {
    let folder = try Folder()
    let spec = try folder.write(
      "name: imported\ncaptcha: {charset: 验证码, length: 2}\ndatasets: {train: imported}", as: "spec.yaml")
    let png = folder.path + "/sheet.png"
    for arguments in [[], ["--seed", "1"]] {
      let outcome = try Program.run(["preview", spec, "--png", png] + arguments)
      #expect(outcome.exitCode == 65 && outcome.errors.contains("train split imported"), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: png))
  }

  private func part(of image: Image, left: Int, top: Int, width: Int, height: Int) -> Image {
    let geometry = Geometry(width: width, height: height, format: image.geometry.format)
    let channels = geometry.format.rawValue
    let pixels = (top..<top + height).flatMap { row in
      let start = (row * image.geometry.width + left) * channels
      return image.pixels[start..<start + width * channels]
    }
    return Image(geometry: geometry, pixels: pixels)
  }
}
