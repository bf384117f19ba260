import ArgumentParser
import Files
import Foundation
import Pipeline
import Specs

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the text of PNG and JPEG files with a trained model.",
    discussion: """
      Images of another size or colour than the model's input are converted, and a note on standard error says so. \
      Files that are not images are named there with the reason; the others are predicted all the same, and the exit \
      code is not 0. If the confidence is below 0.9, four more copies are inferred, shifted by one and two pixels to \
      the left and right, and the prediction follows from the mean of the five copies' logits.
      """)

  @Option(help: ArgumentHelp("Read this model file, made by training.", valueName: "file"), completion: .file())
  var model: String

  @Argument(
    help: "PNG and JPEG files, folders of them, or - for one image on standard input.",
    completion: .file(extensions: ["png", "jpg", "jpeg"]))
  var images: [String]

  @Flag(help: "Compare each prediction with the label that the file name begins with, as in AB12_anything.png.")
  var expectFromName = false

  @Flag(help: "Print one JSON document a line, as soon as each image is predicted.")
  var jsonLines = false

  @Flag(help: "Print comma-separated values with a header.")
  var csv = false

  @Flag(help: "Add the logits of each position (in JSON only).")
  var logits = false

  @Option(help: ArgumentHelp("Compute in this format: auto, float32 or bfloat16.", valueName: "name"))
  var precision: TrainingSpec.Precision = .automatic

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard [common.json, jsonLines, csv].count(where: { $0 }) <= 1 else {
      throw ValidationError("--json, --json-lines and --csv exclude each other")
    }
    if logits && !common.json && !jsonLines { throw ValidationError("--logits needs --json or --json-lines") }
    if images.contains("-") && expectFromName {
      throw ValidationError("standard input (-) has no file name for --expect-from-name")
    }
  }

  private var form: PredictionWriter.Form {
    common.json ? .json : jsonLines ? .jsonLines : csv ? .csv : .text
  }

  func run() throws {
    try stoppingSafely { cancellation in
      let sources = try self.sources()
      let expected = try expectFromName ? sources.map { try self.expected(of: $0.name) } : nil
      let predictor = try Predictor(
        modelPath: model, precision: precision, threadCount: common.threads, imageCount: sources.count)
      let writer = PredictionWriter(form, reading: predictor.description, withLogits: logits)
      // On a terminal, the answers themselves show the progress.
      let progress = isatty(STDOUT_FILENO) == 0 ? ProgressPrinter() : nil
      var count = 0
      try predictor.predict(sources, cancellation: cancellation) { source, outcome in
        try writer.write(outcome, of: source.name, expected: expected?[count])
        count += 1
        progress?.show(.progress(stage: "predict", done: count, total: sources.count, unit: "images", detail: ""))
      }
      progress?.finishLine()
      try writer.finish()
    }
  }

  private func sources() throws -> [Predictor.Source] {
    try images.flatMap { image -> [Predictor.Source] in
      if image == "-" { return [.bytes(try standardInput(), name: "-")] }
      return try isFolder(image) ? imageFiles(inFolder: image).map { .file($0) } : [.file(image)]
    }
  }

  private func expected(of path: String) throws -> String {
    guard let label = label(ofFile: path) else { throw PipelineError.unlabelled(path: path) }
    return label
  }
}

extension TrainingSpec.Precision: ExpressibleByArgument {}
