import Pipeline
import Samples

/// How well a model read a split, for people and for programs.
struct AccuracyReport: Encodable {
  private struct Pair: Encodable {
    let truth: String
    let predicted: String
    let count: Int
    let shareOfTruth: Double
  }

  private enum Key: String, CodingKey { case evaluation, split, confusedPairs, catalog, report }

  private let outcome: EvaluationOutcome
  /// The path of the page that shows it, where one was written.
  private let report: String?

  init(_ outcome: EvaluationOutcome, report: String? = nil) {
    self.outcome = outcome
    self.report = report
  }

  func encode(to encoder: any Encoder) throws {
    try outcome.row.accuracy.encode(to: encoder)
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(outcome.row.evaluation, forKey: .evaluation)
    try values.encode(outcome.row.split.rawValue, forKey: .split)
    try values.encode(
      outcome.confusedPairs.map { pair in
        Pair(truth: pair.truth, predicted: pair.predicted, count: pair.count, shareOfTruth: pair.shareOfTruth)
      }, forKey: .confusedPairs)
    try values.encode(outcome.catalogPath, forKey: .catalog)
    try values.encodeIfPresent(report, forKey: .report)
  }

  func show(asJSON: Bool) throws {
    if asJSON { return try outputJSON(self) }
    let accuracy = outcome.row.accuracy
    try output(
      """

      \(outcome.row.split.rawValue): \(accuracy.exact) of \(accuracy.images) images read without a mistake: \
      \(percent(accuracy.ofImages)) (95 % interval \(percent(accuracy.interval.low)) to \
      \(percent(accuracy.interval.high)))
      characters read right, one by one: \(percent(accuracy.ofCharacters))
      """)
    if accuracy.ofImagesCaseFolded > accuracy.ofImages {
      try output("images read without a mistake, case folded: \(percent(accuracy.ofImagesCaseFolded))")
    }
    if !outcome.confusedPairs.isEmpty { try output("most confused:") }
    for pair in outcome.confusedPairs {
      let (truth, predicted) = (name(pair.truth), name(pair.predicted))
      try output(
        "  \(truth) read as \(predicted): \(pair.count) times, \(percent(pair.shareOfTruth)) of all \(truth)")
    }
    if let report { try output("to look at: \(report)") }
    try output("everything else: sqlite3 \(outcome.catalogPath)")
  }

  /// A character, or what stands for none.
  private func name(_ character: String) -> String { character.isEmpty ? "nothing" : character }
}
