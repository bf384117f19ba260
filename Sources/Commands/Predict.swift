import ArgumentParser
import Files
import Foundation
import Network
import Pipeline
import Specs

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the text of image files with a trained model.",
    discussion: """
      Images of another size or colour than the model's input are converted, and a note on standard error says so. If a \
      file cannot be read, a message there says why, the other files are predicted, and the exit code is not 0. Folders \
      are searched with their subfolders; files in them that are not images are named and passed over. If the \
      confidence is below 0.9, four more copies are inferred, shifted by one and two pixels to the left and right, and \
      the prediction comes from the mean of the five copies' logits.
      """)

  @Option(help: ArgumentHelp("Read this model file, made by training.", valueName: "file"), completion: .file())
  var model: String

  @Argument(
    help: "PNG, JPEG, GIF, BMP and WebP files, folders of them, or - for one image on standard input.",
    completion: .file(extensions: ["png", "jpg", "jpeg", "gif", "bmp", "webp"]))
  var images: [String]

  @Flag(help: "Compare each prediction with the label that the file name begins with, as in AB12_anything.png.")
  var expectFromName = false

  @Flag(help: "Print a JSON document in one line for each image, as soon as it is predicted.")
  var jsonLines = false

  @Flag(help: "Print comma-separated values with a header.")
  var csv = false

  @Flag(help: "Add the logits of each position (in JSON only).")
  var logits = false

  @Option(help: ArgumentHelp("Compute in this precision: auto, float32 or bfloat16.", valueName: "name"))
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
      var passedOver: [PassedOver] = []
      // Files of folders whose names do not say that they are images.
      var unclear: Set<FilePath> = []
      let sources = try zip(images, filePaths(ofArguments: images)).flatMap { image, path -> [Predictor.Source] in
        if image == "-" { return [.bytes(try standardInput(), name: "-")] }
        guard isFolder(path) else { return [.file(path)] }
        let folder = try ImageFolder(path)
        passedOver += folder.passedOver
        unclear.formUnion(folder.files.filter { !$0.isNamedAsImage })
        return folder.files.map { .file($0) }
      }
      let expected = try expectFromName ? sources.map { try self.expected(of: $0.name, unclear) } : nil
      let predictor = try Predictor(
        try ModelFile(contentsOf: model), precision: precision, threadCount: common.threads, imageCount: sources.count)
      let writer = PredictionWriter(form, by: predictor.description, withLogits: logits)
      // On a terminal, the answers themselves show the progress.
      let progress = isatty(STDOUT_FILENO) == 0 ? ProgressPrinter() : nil
      var (count, foundImage) = (0, false)
      try predictor.predict(sources, cancellation: cancellation) { source, outcome in
        if case .failure(let error) = outcome, error.isNoImage, unclear.contains(source.name) {
          passedOver.append(PassedOver(path: source.name, reason: .notAnImage))
        } else {
          foundImage = true
          try writer.write(outcome, of: source.name, expected: expected?[count])
        }
        count += 1
        progress?.show(.progress(stage: "predict", done: count, total: sources.count, unit: "images", detail: ""))
      }
      progress?.finishLine()
      try writer.finish(passedOver: passedOver)
      if !foundImage { throw PipelineError.emptyFolder(images.joined(separator: ", ")) }
    }
  }

  private func expected(of path: FilePath, _ unclear: Set<FilePath>) throws -> String {
    if let label = label(ofFile: path) { return label }
    guard unclear.contains(path) else { throw PipelineError.unlabelled(path: "\(path)") }
    return ""
  }
}

extension TrainingSpec.Precision: ExpressibleByArgument {}
