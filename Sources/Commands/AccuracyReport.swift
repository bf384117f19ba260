import Evaluation
import Foundation
import Pipeline

/// How well a model read a split, for people and for programs.
struct AccuracyReport: Encodable {
  struct Pair: Encodable {
    let truth: String
    let predicted: String
    let count: Int
    let shareOfTruth: Double
  }

  let evaluation: Int
  let split: String
  let images: Int
  let exact: Int
  let accuracy: Double
  let low95: Double
  let high95: Double
  let characterAccuracy: Double
  let caseFoldedAccuracy: Double
  let confusedPairs: [Pair]
  let catalog: String
  let report: String?

  /// - Parameter report: The path of the page that shows it, where one was written.
  init(_ outcome: EvaluationOutcome, report: String? = nil) {
    self.report = report
    let row = outcome.accuracy
    evaluation = row.evaluation
    split = row.split.rawValue
    images = row.images
    exact = row.exact
    accuracy = row.accuracy
    low95 = row.low95
    high95 = row.high95
    characterAccuracy = row.characterAccuracy
    caseFoldedAccuracy = row.caseFoldedAccuracy
    confusedPairs = outcome.confusedPairs.map { pair in
      Pair(truth: pair.truth, predicted: pair.predicted, count: pair.count, shareOfTruth: pair.shareOfTruth)
    }
    catalog = outcome.catalogPath
  }

  func show(asJSON: Bool) throws {
    if asJSON { return try outputJSON(self) }
    try output(
      """

      \(split): \(exact) of \(images) images read without a mistake: \(percent(accuracy)) \
      (95 % interval \(percent(low95)) to \(percent(high95)))
      characters read right, one by one: \(percent(characterAccuracy))
      """)
    if caseFoldedAccuracy > accuracy {
      try output("images read without a mistake, case folded: \(percent(caseFoldedAccuracy))")
    }
    if !confusedPairs.isEmpty { try output("most confused:") }
    for pair in confusedPairs {
      let (truth, predicted) = (name(pair.truth), name(pair.predicted))
      try output(
        "  \(truth) read as \(predicted): \(pair.count) times, \(percent(pair.shareOfTruth)) of all \(truth)")
    }
    if let report { try output("to look at: \(report)") }
    try output("everything else: sqlite3 \(catalog)")
  }

  /// A character, or what stands for none.
  private func name(_ character: String) -> String { character.isEmpty ? "nothing" : character }
}
