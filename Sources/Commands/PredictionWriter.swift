import ArgumentParser
import Files
import Foundation
import Images
import Network
import Pipeline
import Samples

/// Writes a model's predictions on standard output, as text, CSV or JSON, and notes on standard error.
final class PredictionWriter {
  enum Form { case text, json, jsonLines, csv }

  private struct Answer: Encodable {
    let file: String
    let text: String
    let confidence: Double
    var expected: String?
    var convertedFrom: String?
    var remarks: [String]?
    var logits: [[Float]]?
  }

  private struct Failure: Encodable {
    let file: String
    let error: String
  }

  private struct Report: Encodable {
    let images: [Answer]
    var failures: [Failure]?
    var passedOver: [PassedOverFile]?
    var count: Int?
    var exact: Int?
    var accuracy: Double?
  }

  private let form: Form
  private let model: ModelDescription
  private let withLogits: Bool
  private var answers: [Answer] = []
  private var failures: [Failure] = []
  private var exitCode: ExitStatus?
  private var count = 0
  private var exact = 0
  private var isJudging = false
  private var scaledCount = 0
  private var recoloredCount = 0
  private var remarks: [(path: FilePath, remark: ImageRemark)] = []

  init(_ form: Form, by model: ModelDescription, withLogits: Bool) {
    self.form = form
    self.model = model
    self.withLogits = withLogits
  }

  /// - Parameter expected: The text that the image shows, where it is known.
  func write(_ outcome: Predictor.Outcome, of path: FilePath, expected: String?) throws {
    switch outcome {
    case .success(let answer):
      remarks += answer.remarks.map { (path, $0) }
      try write(answer, of: "\(path)", expected: expected)
    case .failure(let error):
      printFailure("\(error)")
      failures.append(Failure(file: "\(path)", error: "\(error)"))
      if exitCode == nil { exitCode = error.exitStatus }
    }
  }

  private func write(_ answer: Predictor.Answer, of file: String, expected: String?) throws {
    if count == 0 && form == .csv { try output("file,text,confidence" + (expected == nil ? "" : ",expected")) }
    count += 1
    if let expected {
      isJudging = true
      if expected == answer.text { exact += 1 }
    }
    if let original = answer.convertedFrom {
      if original.width != model.input.width || original.height != model.input.height { scaledCount += 1 }
      if original.format != model.input.format { recoloredCount += 1 }
    }
    let confidence = String(format: "%.4f", answer.confidence)
    switch form {
    case .text: try output("\(file)\t\(answer.text)\t\(confidence)")
    case .csv:
      try output(
        ([file, answer.text, confidence] + (expected.map { [$0] } ?? [])).map(csvField).joined(separator: ","))
    case .jsonLines: try outputJSON(encodable(answer, of: file, expected: expected), isOneLine: true)
    case .json: answers.append(encodable(answer, of: file, expected: expected))
    }
  }

  private func encodable(_ answer: Predictor.Answer, of file: String, expected: String?) -> Answer {
    let classCount = model.classCount
    let rows = stride(from: 0, to: answer.logits.count, by: classCount).map { start in
      Array(answer.logits[start..<start + classCount])
    }
    return Answer(
      file: file, text: answer.text, confidence: answer.confidence, expected: expected,
      convertedFrom: answer.convertedFrom.map(geometryText),
      remarks: answer.remarks.isEmpty ? nil : answer.remarks.map(\.rawValue), logits: withLogits ? rows : nil)
  }

  /// Writes what comes after the last image.
  /// - Parameter passedOver: Files of folders that are not images.
  /// - Throws: `ExitCode` where an image could not be read.
  func finish(passedOver: [PassedOver]) throws {
    if form == .json {
      var report = Report(images: answers, failures: failures.isEmpty ? nil : failures)
      report.passedOver = passedOver.isEmpty ? nil : passedOver.map(PassedOverFile.init)
      if isJudging {
        report.count = count
        report.exact = exact
        report.accuracy = Double(exact) / Double(count)
      }
      try outputJSON(report)
    } else if isJudging {
      let accuracy = percent(Double(exact) / Double(count))
      let line = "image accuracy \(accuracy), \(exact) of \(counted(count, "image")) exact"
      if form == .text { try output(line) } else { printError(line) }
    }
    for line in PassedOver.lines(passedOver) { printNote(line) }
    for line in ImageRemark.lines(remarks, input: model.input) { printNote(line) }
    if scaledCount > 0 {
      printNote("scaled \(scaledCount) of \(counted(count, "image")) to \(model.input.width)x\(model.input.height)")
    }
    if recoloredCount > 0 {
      printNote("converted \(recoloredCount) of \(counted(count, "image")) to \(model.input.format.name)")
    }
    if let exitCode {
      printFailure("cannot read \(failures.count) of \(counted(count + failures.count, "file"))")
      throw ExitCode(exitCode)
    }
  }
}

private func geometryText(_ geometry: Geometry) -> String {
  "\(geometry.width)x\(geometry.height) \(geometry.format.name)"
}
