import ArgumentParser
import Pipeline

struct Render: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Draw images from given parameters, as PNG files.",
    discussion: """
      CASES is a file in JSON Lines: each line has the parameters of one image by name, in the form of the files \
      cases.jsonl in Tests/GeneratorTests/Fixtures. The images are RGB, named 000.png, 001.png and so on.
      """)

  @Argument(help: "The file of cases.", completion: .file(extensions: ["jsonl"]))
  var cases: String

  @Option(help: ArgumentHelp("The folder for the images.", valueName: "folder"), completion: .directory)
  var out: String

  @Option(help: ArgumentHelp("Family name of an installed font, or the path of a font file.", valueName: "font"))
  var font = "Noto Mono"

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    struct Image: Encodable {
      let file: String
      let text: String
    }

    let images: [Image]
    let count: Int
  }

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out takes the path of a folder") }
  }

  func run() throws {
    let drawings = try stoppingSafely { cancellation in
      let file = try CaseFile(cases)
      let progress = ProgressPrinter()
      defer { progress.finishLine() }
      return try file.render(to: out, font: font, threadCount: common.threads, cancellation: cancellation) { done in
        progress.show(.progress(stage: "render", done: done, total: file.count, unit: "images", detail: ""))
      }
    }
    if common.json {
      let images = drawings.map { Report.Image(file: $0.file, text: $0.text) }
      return try outputJSON(Report(images: images, count: images.count))
    }
    try output("\(drawings.count) images drawn in \(out)")
  }
}
