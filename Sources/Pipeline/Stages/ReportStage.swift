import Catalog
import Files
import Foundation
import Specs

/// Writes the report of the evaluation, `report.html`.
struct ReportStage: Stage {
  let spec: PipelineSpec
  let evaluation: EvaluateStage

  var name: String { "report" }

  func inputs(in records: Records) throws -> StageInputs? {
    guard let evaluated = try evaluation.inputs(in: records) else { return nil }
    let leftOut = try records.catalog?.leftOutSampleCount(ofStage: evaluation.name) ?? 0
    return StageInputs([
      "evaluation=\(evaluated.hash)", leftOut == 0 ? "" : "samples left out=\(leftOut)",
      "spec file=\(ContentHash(of: spec.text))",
    ])
  }

  func state(in records: Records) throws -> StageState {
    let path = records.workspace.reportPath
    guard FileStatus(path) != nil else { return .missing }
    guard try records.state(of: evaluation).isDone, let inputs = try inputs(in: records) else {
      return .stale(["the evaluation is not done yet"])
    }
    guard let seal = ReportSeal(of: try ReadableFile.contents(of: path)) else {
      return .partlyDone("\(path) was changed or damaged")
    }
    guard seal.inputs == inputs.hash.description else { return .stale(["the evaluation or the spec file has changed"]) }
    return .done(path)
  }

  func run(in session: Session, on engine: Engine) throws {
    try session.cancellation.check()
    let path = session.workspace.reportPath
    try writeDurably(try page(in: session.records, on: engine), to: path, in: session.fileSystem)
    session.report(.finished(stage: name, summary: path))
  }

  /// The page's bytes.
  /// - Throws: `PipelineError.missing` where the model or its evaluation is missing.
  func page(in records: Records, on engine: Engine) throws -> [UInt8] {
    let split = spec.evaluation.split
    guard let inputs = try inputs(in: records), let source = try ReportSource(spec, in: records, on: engine) else {
      throw PipelineError.missing(
        stage: "the evaluation on the \(split.rawValue) split that a report shows",
        remedy: "`glyphline run` makes it")
    }
    return ReportSeal.sealed(try source.page().html().utf8, inputs: inputs)
  }
}

/// The last line of a report, an HTML comment with two hashes: of what the page was made from, and of the page.
private struct ReportSeal {
  private static let (opening, closing) = ("<!-- made from ", " -->\n")

  /// Hash of the inputs that the page was made from.
  let inputs: String

  static func sealed(_ page: some Sequence<UInt8>, inputs: StageInputs) -> [UInt8] {
    let page = Array(page)
    return page + Array("\(opening)\(inputs.hash), page \(ContentHash(of: page))\(closing)".utf8)
  }

  /// nil where the page was changed or damaged.
  init?(of bytes: [UInt8]) {
    let hashDigitCount = 64
    let (opening, middle) = (Self.opening, ", page ")
    let count = opening.utf8.count + middle.utf8.count + Self.closing.utf8.count + 2 * hashDigitCount
    guard bytes.count > count else { return nil }
    let page = Array(bytes.dropLast(count))
    let text = String(decoding: bytes.suffix(count), as: UTF8.self)
    inputs = String(text.dropFirst(opening.count).prefix(hashDigitCount))
    guard text == "\(opening)\(inputs)\(middle)\(ContentHash(of: page))\(Self.closing)" else { return nil }
  }
}
