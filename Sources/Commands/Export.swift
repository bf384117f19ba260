import ArgumentParser
import Network
import Pipeline
import Samples
import Specs
import Workers

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export a split or a model for other programs.", subcommands: [Images.self, ONNX.self])

  struct Images: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "images",
      abstract: "Write a split as PNG files named LABEL_INDEX.png, with a table labels.csv.")

    @OptionGroup var pipeline: PipelineOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Export this split: train, validation or test.", valueName: "name"))
    var split: Split

    @Option(
      help: ArgumentHelp("Write this folder, which must not exist yet.", valueName: "folder"), completion: .directory)
    var out: String

    private struct Report: Encodable {
      let folder: String
      let images: Int
    }

    func run() throws {
      let count = try stoppingSafely { cancellation in
        let spec = try PipelineSpec(contentsOf: pipeline.spec)
        let export = try ImageExport(split, of: spec, in: pipeline.workspace(of: spec))
        let progress = ProgressPrinter()
        defer { progress.finishLine() }
        try export.write(to: out, team: Team(threadCount: common.threads), cancellation: cancellation) { done in
          progress.show(
            .progress(stage: "export", done: done, total: export.imageCount, unit: "images", detail: ""))
        }
        return export.imageCount
      }
      if common.json { return try outputJSON(Report(folder: out, images: count)) }
      try output("\(out): \(counted(count, "image"))")
    }
  }

  struct ONNX: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "onnx",
      abstract: "Write a model as an ONNX file.",
      discussion: """
        The graph takes pixels as bytes (0...255), [images, channels, height, width], and returns logits, [images, \
        position, class]. Charset, lengths and geometry are in the file's metadata.
        """)

    @Option(help: ArgumentHelp("Read this model file, made by training.", valueName: "file"), completion: .file())
    var model: String

    @Option(help: ArgumentHelp("Write this file.", valueName: "file"), completion: .file(extensions: ["onnx"]))
    var out: String

    @Flag(help: "Print the result as one JSON document.")
    var json = false

    func run() throws {
      try reportingErrors { try exportONNX(modelPath: model, to: out) }
      if json { return try outputJSON(["file": out]) }
      try output(out)
    }
  }
}
