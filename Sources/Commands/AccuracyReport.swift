import Pipeline
import Samples

/// The accuracy of a model on a split, as text or as JSON.
struct AccuracyReport: Encodable {
  private enum Key: String, CodingKey { case evaluation, split, confusedPairs, catalog, report }

  let outcome: EvaluationOutcome
  /// The path of the HTML page; nil where none was written.
  var report: String?

  func encode(to encoder: any Encoder) throws {
    try outcome.row.accuracy.encode(to: encoder)
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(outcome.row.evaluation, forKey: .evaluation)
    try values.encode(outcome.row.split, forKey: .split)
    try values.encode(outcome.confusedPairs, forKey: .confusedPairs)
    try values.encode(outcome.catalogPath, forKey: .catalog)
    try values.encodeIfPresent(report, forKey: .report)
  }

  func show(asJSON: Bool) throws {
    if asJSON { return try outputJSON(self) }
    let accuracy = outcome.row.accuracy
    try output(
      """

      \(outcome.row.split.rawValue): image accuracy \(percent(accuracy.ofImages)), \
      \(accuracy.exact) of \(counted(accuracy.images, "image")) exact (95 % interval \
      \(percent(accuracy.interval.low)) to \(percent(accuracy.interval.high)))
      character accuracy: \(percent(accuracy.ofCharacters))
      """)
    if accuracy.ofImagesCaseFolded > accuracy.ofImages {
      try output("case-folded image accuracy: \(percent(accuracy.ofImagesCaseFolded))")
    }
    if !outcome.confusedPairs.isEmpty { try output("most frequent mistakes:") }
    for pair in outcome.confusedPairs {
      let (truth, predicted) = (name(pair.truth), name(pair.predicted))
      try output(
        "  \(truth) predicted as \(predicted): \(counted(pair.count, "time")), "
          + "\(percent(pair.shareOfTruth)) of all \(truth)")
    }
    if let report { try output("report: \(report)") }
    try output("all results: sqlite3 \(outcome.catalogPath)")
  }

  /// A character as text; the empty one stands for the end of a label.
  private func name(_ character: String) -> String { character.isEmpty ? "nothing" : character }
}
