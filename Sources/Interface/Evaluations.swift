// The names are those of the C header, which the compiler compares.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CGlyphline
import Commands
import Files
import Foundation
import Pipeline
import Samples

@c @implementation
public func glyphline_record_evaluation(
  _ workspace: UnsafePointer<CChar>!, _ split: UnsafePointer<CChar>!, _ modelPath: UnsafePointer<CChar>!,
  _ answers: UnsafePointer<glyphline_answer>!, _ count: Int, _ accuracy: UnsafeMutablePointer<glyphline_accuracy>!
) -> OpaquePointer! {
  returningError {
    let row = try recordEvaluation(
      ofModel: FilePath(modelPath), try SampleAnswer.all(UnsafeBufferPointer(start: answers, count: count)),
      on: Split(named: split), in: Workspace(path: FilePath(workspace).description), version: Glyphline.version)
    let (counts, interval) = (row.accuracy, row.accuracy.interval)
    accuracy.pointee = glyphline_accuracy(
      evaluation: Int64(row.evaluation), images: UInt64(counts.images), exact: UInt64(counts.exact),
      accuracy: counts.ofImages, low95: interval.low, high95: interval.high, character_accuracy: counts.ofCharacters,
      case_folded_accuracy: counts.ofImagesCaseFolded)
  }
}

extension SampleAnswer {
  /// - Throws: `InterfaceError` where an answer's text or confidence is impossible.
  fileprivate static func all(_ answers: UnsafeBufferPointer<glyphline_answer>) throws -> [SampleAnswer] {
    try answers.map { answer in
      guard let text = answer.text else { throw InterfaceError("the answer for sample \(answer.index) has no text") }
      guard (0...1).contains(answer.confidence) else {
        throw InterfaceError("the confidence for sample \(answer.index) is \(answer.confidence), allowed: 0 to 1")
      }
      return SampleAnswer(index: answer.index, text: String(cString: text), confidence: answer.confidence)
    }
  }
}
