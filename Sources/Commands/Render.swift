import ArgumentParser
import Pipeline
import Samples

struct Render: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Draw images from given parameters, as PNG files.",
    discussion: """
      CASES is a JSON Lines file: each line has the parameters of one image, as in the files cases.jsonl in \
      Tests/GeneratorTests/Fixtures. The images are RGB and named 000.png, 001.png and so on.
      """)

  @Argument(help: "The file with the parameters of the images.", completion: .file(extensions: ["jsonl"]))
  var cases: String

  @Option(help: ArgumentHelp("Write the images into this folder.", valueName: "folder"), completion: .directory)
  var out: String

  @Option(help: ArgumentHelp("Use this font: a font file, or an installed family's name.", valueName: "font"))
  var font = "Noto Mono"

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let images: [CaseFile.Drawing]
    let count: Int
  }

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out needs the path of a folder") }
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
    if common.json { return try outputJSON(Report(images: drawings, count: drawings.count)) }
    try output("\(counted(drawings.count, "image")) drawn in \(out)")
  }
}
