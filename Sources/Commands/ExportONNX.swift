import ArgumentParser
import Pipeline

struct ExportONNX: ParsableCommand {
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

  @Option(
    help: ArgumentHelp(
      "Write a model card, with the accuracy that is recorded in the folder of the model file.", valueName: "file"),
    completion: .file(extensions: ["md"]))
  var card: String?

  @Flag(help: "Print the result as one JSON document.")
  var json = false

  private struct Report: Encodable {
    let file: String
    let card: String?
  }

  func validate() throws {
    if card == out { throw ValidationError("--card and --out must be two files") }
  }

  func run() throws {
    try reportingErrors { try exportONNX(modelPath: model, to: out, cardPath: card, version: Glyphline.version) }
    if json { return try outputJSON(Report(file: out, card: card)) }
    try output(out)
    if let card { try output(card) }
  }
}
