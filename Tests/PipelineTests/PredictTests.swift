import Files
import Foundation
import Images
import Samples
import Testing

/// `predict`: what goes in, in which forms it comes out, and what happens to files that are no images.
@Suite struct PredictTests {
  private let folder: Folder
  private let model: String
  /// Ten images of the test split, as a folder of PNG files.
  private let images: String
  private let files: [String]

  init() throws {
    let (_, _, workspace) = try finishedPipeline.get()
    folder = try Folder()
    model = workspace + "/model.safetensors"
    let images = folder.path + "/images"
    self.images = images
    try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
    for record in 0..<10 {
      let outcome = try Program.run(
        "inspect", workspace + "/shards/test-00000.shard.zst", "--record", "\(record)", "--png", "\(images)/new.png")
      let label = outcome.output.prefix { $0 != "," }
      try FileManager.default.moveItem(atPath: "\(images)/new.png", toPath: "\(images)/\(label)_\(record).png")
    }
    files = try FileManager.default.contentsOfDirectory(atPath: images).sorted().map { images + "/" + $0 }
  }

  private struct Answer: Decodable {
    let file: String
    let text: String
    let confidence: Double
    let expected: String?
    let convertedFrom: String?
    let logits: [[Float]]?
  }

  private struct Report: Decodable {
    struct Failure: Decodable {
      let file: String
      let error: String
    }
    let images: [Answer]
    let failures: [Failure]?
    let count: Int?
    let exact: Int?
    let accuracy: Double?
  }

  private func predict(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(["predict", "--model", model] + arguments)
  }

  private func report(_ outcome: Program.Outcome) throws -> Report {
    try snakeCaseDecoder.decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test func everyFormSaysTheSame() throws {
    let report = try report(predict(images, "--json"))
    #expect(report.images.map(\.file) == files && report.failures == nil)
    let texts = report.images.map(\.text)
    let text = try predict(images).output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    #expect(text.map { $0[0] } == files && text.map { $0[1] } == texts)
    let csv = try predict(images, "--csv", "--expect-from-name")
    let lines = csv.output.split(separator: "\n")
    #expect(lines.first == "file,text,confidence,expected" && lines.count == 11)
    for (line, (file, text)) in zip(lines.dropFirst(), zip(files, texts)) {
      #expect(line.hasPrefix("\(file),\(text),"), "\(line)")
    }
    #expect(csv.errors.contains("of 10 images exact"), "\(csv.errors)")
    let jsonLines = try predict(images, "--json-lines", "--logits").output.split(separator: "\n").map {
      try snakeCaseDecoder.decode(Answer.self, from: Data($0.utf8))
    }
    #expect(jsonLines.map(\.text) == texts && jsonLines.map(\.confidence) == report.images.map(\.confidence))
    for answer in jsonLines {
      let rows = try #require(answer.logits)
      let text = rows.map { row in row.indices.max { row[$0] < row[$1] }.map(String.init) ?? "" }.joined()
      #expect(text == answer.text)
    }
  }

  @Test func answersAreHeldAgainstNames() throws {
    let report = try report(predict(images, "--json", "--expect-from-name"))
    let exact = report.images.count { $0.text == $0.expected }
    #expect(report.count == 10 && report.exact == exact && report.accuracy == Double(exact) / 10)
    let unnamed = try folder.write("", as: "_1.png")
    let outcome = try predict(images, unnamed, "--expect-from-name")
    #expect(outcome.exitCode == 65 && outcome.errors.contains(unnamed) && outcome.output.isEmpty)
  }

  @Test func standardInput() throws {
    let outcome = try Program.shell(
      "$glyphline predict --model '\(model)' - < '\(files[3])' 2> /dev/null", in: folder)
    #expect(outcome.output.hasPrefix("-\t"))
    #expect(try outcome.output.dropFirst() == predict(files[3]).output.dropFirst(files[3].count))
  }

  @Test func otherSizesAndColoursAreConverted() throws {
    let image = try ImageFile.read(FilePath(files[0])).image
    let large = folder.path + "/large.png"
    try PNGWriter.write(image.converted(to: .rgb).resized(width: 128, height: 64), to: large)
    let outcome = try predict(files[0], large, "--json")
    let answers = try report(outcome).images
    #expect(answers.map(\.convertedFrom) == [nil, "128x64 rgb"])
    #expect(outcome.errors.contains("scaled 1 of 2 images to 64x32"), "\(outcome.errors)")
    #expect(outcome.errors.contains("converted 1 of 2 images to gray"), "\(outcome.errors)")
  }

  @Test func badFilesAreNamedAndTheOthersRead() throws {
    let sound = try Data(contentsOf: URL(filePath: files[0]))
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../ImagesTests/Fixtures")
    func fixture(_ name: String) throws -> Data { try Data(contentsOf: fixtures.appending(path: name)) }
    let bad: [(name: String, content: Data, message: String)] = [
      ("empty.png", Data(), "is empty"), ("text.jpg", Data("no picture".utf8), "not an image"),
      ("cut.png", sound.prefix(sound.count / 2), "damaged PNG"),
      ("picture.tif", Data("II*\0, then more".utf8), "is a TIFF file; save it as PNG first"),
      ("cut.jpg", try fixture("jpeg-rgb.jpg").prefix(300), "damaged JPEG"),
    ]
    let paths = try bad.map { try folder.write($0.content, as: $0.name) }
    let outcome = try Program.run(["predict", "--model", model, "--json", files[0]] + paths + [images])
    #expect(outcome.exitCode == 65)
    let report = try report(outcome)
    #expect(report.images.map(\.file) == [files[0]] + files && report.failures?.map(\.file) == paths)
    for (failure, (_, _, message)) in zip(report.failures ?? [], bad) {
      #expect(failure.error.contains(message) && outcome.errors.contains(failure.error), "\(failure.error)")
    }
    // 16 bits a channel, and what JPEG makes of gray, are ordinary images.
    for name in ["rgb16.png", "jpeg-gray.jpg"] {
      #expect(try predict(folder.write(fixture(name), as: name)).exitCode == 0)
    }
  }

  @Test func damagedModelsAnswerNothing() throws {
    var content = try Data(contentsOf: URL(filePath: model))
    content[content.count - 1] ^= 1
    let damaged = try folder.write(content, as: "damaged.safetensors")
    let outcome = try Program.run(["predict", "--model", damaged] + files)
    #expect(outcome.exitCode == 65 && outcome.output.isEmpty, "\(outcome.output)")
    #expect(outcome.errors.contains("not a usable model file"), "\(outcome.errors)")
  }

  @Test func foldersWithoutImages() throws {
    let empty = folder.path + "/nothing"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    _ = try folder.write("text", as: "nothing/notes.txt")
    let outcome = try predict(empty)
    #expect(outcome.exitCode == 66 && outcome.errors.contains(empty), "\(outcome.errors)")
    #expect(try predict(folder.path + "/none.png").exitCode == 66)
  }
}
