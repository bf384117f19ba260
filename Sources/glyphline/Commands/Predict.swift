import ArgumentParser
import Foundation
import Pipeline

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Read PNG files with a trained model.")

  @Option(help: ArgumentHelp("The model file that training made.", valueName: "file"), completion: .file())
  var model: String

  @Argument(help: "PNG files.", completion: .file(extensions: ["png"]))
  var images: [String]

  @Flag(help: "Hold each answer against the label that the file's name begins with, as in AB12_anything.png.")
  var expectFromName = false

  @OptionGroup var common: CommonOptions

  private struct Answer: Encodable {
    let file: String
    let text: String
    let confidence: Double
  }

  private struct Report: Encodable {
    let images: [Answer]
    var count: Int?
    var exact: Int?
    var accuracy: Double?
  }

  func run() throws {
    let report = try reportingErrors(resumeWith: CommandLine.arguments) { cancellation in
      let predictor = try Predictor(modelPath: model, threadCount: common.threads, imageCount: images.count)
      let progress = ProgressPrinter()
      defer { progress.finishLine() }
      let answers = try predictor.read(images, cancellation: cancellation) { done in
        progress.show(.progress(stage: "predict", done: done, total: images.count, unit: "images", detail: ""))
      }
      var report = Report(images: answers.map { Answer(file: $0.path, text: $0.text, confidence: $0.confidence) })
      if expectFromName {
        let exact = try answers.count { try predictor.expectedText(ofFile: $0.path) == $0.text }
        report.count = answers.count
        report.exact = exact
        report.accuracy = Double(exact) / Double(answers.count)
      }
      return report
    }
    if common.json { return try outputJSON(report) }
    for image in report.images {
      try output("\(image.file)\t\(image.text)\t\(String(format: "%.4f", image.confidence))")
    }
    if let count = report.count, let exact = report.exact, let accuracy = report.accuracy {
      try output("\(exact) of \(count) images read without a mistake: \(percent(accuracy))")
    }
  }
}
