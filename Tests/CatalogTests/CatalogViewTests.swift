import Catalog
import Evaluation
import Samples
import Testing

/// What a person sees who opens the catalog in a bare `sqlite3` shell, where everything was recorded twice over: the
/// recording's evaluation, and a newer one in which every image was read right.
@Suite("Views in the sqlite3 shell", .needsSQLiteShell)
struct CatalogViewTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let recording: PipelineRecording
  private let evaluation: Int
  private let perfectEvaluation: Int

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder.catalog(), for: .write)
    recording = try PipelineRecording()
    evaluation = try recording.recordAll(in: catalog)
    perfectEvaluation = try catalog.recordEvaluation(Self.perfectEvaluation(of: recording))
  }

  private static func perfectEvaluation(of recording: PipelineRecording) -> EvaluationRow {
    let texts = recording.labels.map { recording.alphabet.text(of: $0) }
    var confusion = ConfusionCounts(positions: PipelineRecording.positionCount)
    for label in recording.labels { confusion.add(truth: label, predicted: label) }
    return EvaluationRow(
      modelHash: "perfect", split: .test, caseFoldedExact: texts.count,
      predictions: texts.indices.map {
        PredictionRow(sampleIndex: UInt64($0), predicted: texts[$0], isExact: true, confidence: 1)
      },
      confusion: confusion.entries.map { cell, count in
        let character = recording.alphabet.characters[Int(cell.truth)]
        return ConfusionRow(position: cell.position, truth: character, predicted: character, count: count)
      })
  }

  private func rows(_ sql: String) throws -> [String] { try SQLiteShell.rows(sql, in: folder.catalog()) }

  @Test(
    "have the columns that people's queries name",
    arguments: [
      ("image_accuracy", "evaluation split images exact accuracy low95 high95 case_folded_accuracy"),
      ("confusion_matrix", "evaluation position truth predicted count"),
      ("confusion_by_truth", "evaluation truth predicted count share"),
      ("confusion_by_prediction", "evaluation predicted truth count share"),
      ("confused_characters", "evaluation split sample_index position truth predicted"),
      ("confused_pairs", "evaluation truth predicted count share_of_truth examples"),
      ("character_accuracy", "evaluation character count correct accuracy"),
      ("position_accuracy", "evaluation position count correct accuracy"),
      ("mistakes", "evaluation split sample_index file record seed label predicted confidence"),
      (
        "learning_curve",
        "step epoch images loss smoothed_loss learning_rate images_per_second accuracy smoothed_accuracy"
          + " validation_accuracy"
      ),
      ("best_checkpoint", "step file validation_accuracy"),
      ("calibration", "evaluation low high images mean_confidence accuracy"),
      ("calibration_error", "evaluation images mean_confidence accuracy expected_calibration_error"),
      (
        "evaluation_comparison",
        "evaluation earlier split sample_index label predicted earlier_predicted change"
      ),
    ])
  func columns(view: String, columns: String) throws {
    #expect(try rows("SELECT name FROM pragma_table_info('\(view)')").joined(separator: " ") == columns)
    #expect(try !rows("SELECT * FROM \(view) LIMIT 5").isEmpty)
  }

  @Test("image_accuracy has Wilson's bounds, and the newest evaluation first")
  func imageAccuracy() throws {
    let accuracy = recording.accuracy
    let lines = try rows("SELECT evaluation, split, images, exact FROM image_accuracy")
    #expect(lines == ["\(perfectEvaluation)|test|100|100", "\(evaluation)|test|100|\(accuracy.exact)"])
    let row = try #require(try catalog.accuracy(ofModel: PipelineRecording.modelHash, on: .test))
    #expect(row.evaluation == evaluation && row.accuracy == accuracy)
    #expect(accuracy.images == 100 && accuracy.exact > 20 && accuracy.caseFoldedExact > accuracy.exact)
  }

  @Test(
    "image_accuracy and the Swift code agree to the last bit",
    arguments: [(0, 7), (1, 7), (7, 7), (43, 50), (299, 300)])
  func wilsonBounds(exact: Int, images: Int) throws {
    try SQLiteShell.execute(
      """
      INSERT INTO evaluation (model_hash, split, images, exact, case_folded_exact)
      VALUES ('counts only', 'test', \(images), \(exact), \(exact));
      INSERT INTO confusion VALUES (last_insert_rowid(), 0, 'A', 'A', \(images))
      """, in: folder.catalog())
    let interval = WilsonInterval(successes: exact, trials: images)
    let sql = """
      SELECT printf('%!.17g', low95), printf('%!.17g', high95) FROM image_accuracy ORDER BY evaluation DESC LIMIT 1
      """
    let bounds = try #require(try rows(sql).first).split(separator: "|").compactMap { Double($0) }
    #expect(bounds == [interval.low, interval.high])
  }

  @Test("confusion counts add up to images times positions")
  func confusionTotals() throws {
    let total = 100 * PipelineRecording.positionCount
    #expect(
      try rows("SELECT evaluation, sum(count) FROM confusion_matrix GROUP BY evaluation")
        == ["\(evaluation)|\(total)", "\(perfectEvaluation)|\(total)"])
    #expect(
      try rows("SELECT DISTINCT position, sum(count) FROM confusion_matrix GROUP BY evaluation, position")
        == ["0|100", "1|100", "2|100", "3|100"])
  }

  @Test("the confusion matrix recomputes from the predictions")
  func confusionRecomputes() throws {
    let recomputed = """
      WITH RECURSIVE place (position) AS (SELECT 0 UNION ALL SELECT position + 1 FROM place WHERE position < 3)
      SELECT evaluation, position, substr(label, position + 1, 1) AS truth,
        substr(predicted, position + 1, 1) AS predicted, count(*)
      FROM prediction JOIN sample USING (split, sample_index), place
      GROUP BY evaluation, position, truth, substr(predicted, position + 1, 1)
      ORDER BY evaluation DESC, position, truth, substr(predicted, position + 1, 1)
      """
    let matrix = try rows("SELECT * FROM confusion_matrix")
    #expect(matrix.count > 80)
    #expect(try rows(recomputed) == matrix)
    #expect(
      try rows(
        "SELECT count(*) FROM prediction JOIN sample USING (split, sample_index) WHERE exact <> (predicted = label)")
        == ["0"])
  }

  @Test("the normalised confusion matrices have all characters, and shares that add up to 1")
  func normalisedConfusion() throws {
    for (view, side) in [("confusion_by_truth", "truth"), ("confusion_by_prediction", "predicted")] {
      #expect(
        try rows("SELECT evaluation, sum(count) FROM \(view) GROUP BY evaluation")
          == ["\(evaluation)|400", "\(perfectEvaluation)|400"])
      let sums = try rows("SELECT \(side), sum(share) FROM \(view) GROUP BY evaluation, \(side)")
      #expect(sums.count == 2 * recording.alphabet.count && sums.allSatisfy { $0.hasSuffix("|1.0") }, "\(sums)")
    }
    #expect(
      try rows("SELECT evaluation, truth, predicted, count FROM confusion_by_truth ORDER BY 1, 2, 3")
        == rows("SELECT evaluation, truth, predicted, count FROM confusion_by_prediction ORDER BY 1, 2, 3"))
  }

  @Test("confused_characters has each wrong character of each misread image")
  func confusedCharacters() throws {
    var expected: [String] = []
    for (index, (label, prediction)) in zip(recording.labels, recording.predictions).enumerated() {
      let texts = zip(recording.alphabet.text(of: label), recording.alphabet.text(of: prediction))
      for (position, (truth, predicted)) in texts.enumerated() where truth != predicted {
        expected.append("\(evaluation)|test|\(index)|\(position)|\(truth)|\(predicted)")
      }
    }
    #expect(try rows("SELECT * FROM confused_characters") == expected)
    let wrongExamples = """
      SELECT count(*) FROM confused_pairs AS pair
      WHERE examples <> (
        SELECT group_concat(sample_index, ' ') FROM (
          SELECT DISTINCT sample_index FROM confused_characters
          WHERE evaluation = pair.evaluation AND truth = pair.truth AND predicted = pair.predicted
          ORDER BY sample_index LIMIT 3))
      """
    #expect(try rows(wrongExamples) == ["0"])
    #expect(try rows("SELECT count(*) FROM confused_pairs WHERE examples IS NULL") == ["0"])
  }

  @Test("confused_pairs lists the worst first, by the share of the true character")
  func confusedPairs() throws {
    var counts: [String: Int] = [:]
    var truths: [Character: Int] = [:]
    for (label, prediction) in zip(recording.labels, recording.predictions) {
      for (truth, predicted) in zip(recording.alphabet.text(of: label), recording.alphabet.text(of: prediction)) {
        truths[truth, default: 0] += 1
        if truth != predicted { counts["\(truth)\(predicted)", default: 0] += 1 }
      }
    }
    let pairs = try catalog.confusedPairs(ofEvaluation: evaluation, first: 1000)
    #expect(Dictionary(uniqueKeysWithValues: pairs.map { ($0.truth + $0.predicted, $0.count) }) == counts)
    #expect(pairs.map(\.count) == counts.values.sorted(by: >))
    for pair in pairs {
      #expect(pair.shareOfTruth == Double(pair.count) / Double(try #require(truths[Character(pair.truth)])))
    }
    #expect(try catalog.confusedPairs(ofEvaluation: evaluation, first: 3) == Array(pairs.prefix(3)))
    #expect(
      try rows("SELECT truth, predicted, count FROM confused_pairs LIMIT 3")
        == pairs.prefix(3).map { "\($0.truth)|\($0.predicted)|\($0.count)" })
  }

  @Test("character and position accuracy are shares of the same characters")
  func characterAccuracy() throws {
    let correct = recording.accuracy.correctCharacters
    for view in ["character_accuracy", "position_accuracy"] {
      #expect(
        try rows("SELECT evaluation, sum(correct), sum(count) FROM \(view) GROUP BY evaluation ORDER BY 1")
          == ["\(evaluation)|\(correct)|400", "\(perfectEvaluation)|400|400"])
      #expect(try rows("SELECT count(*) FROM \(view) WHERE abs(accuracy - 1.0 * correct / count) > 1e-15") == ["0"])
    }
    let accuracies = try rows("SELECT accuracy FROM character_accuracy WHERE evaluation = \(evaluation)")
    let values = accuracies.compactMap(Double.init)
    #expect(values.count == recording.alphabet.count && values == values.sorted())
  }

  @Test("mistakes say where the image is and what was read")
  func mistakes() throws {
    let expected = recording.labels.indices.filter { recording.labels[$0] != recording.predictions[$0] }.map { index in
      let (row, samples) = recording.shard(index / 30)
      let label = recording.alphabet.text(of: recording.labels[index])
      let predicted = recording.alphabet.text(of: recording.predictions[index])
      return "\(evaluation)|test|\(index)|\(row.file)|\(index % 30)|\(samples[index % 30].seed)|\(label)|\(predicted)"
    }
    #expect(
      try rows(
        """
        SELECT evaluation, split, sample_index, file, record, seed, label, predicted FROM mistakes ORDER BY sample_index
        """) == expected)
    let confidences = try rows("SELECT confidence FROM mistakes").compactMap(Double.init)
    #expect(confidences == confidences.sorted(by: >) && confidences.count == expected.count)
  }

  @Test("learning_curve has every step")
  func learningCurve() throws {
    #expect(try rows("SELECT step, epoch, images FROM learning_curve LIMIT 11").last == "11|1|1408")
    #expect(try rows("SELECT count(*), max(images_per_second) FROM learning_curve") == ["30|1000.0"])
  }

  @Test("calibration puts every image in one bin, a confidence of 1 in the last")
  func calibration() throws {
    let lines = try rows("SELECT evaluation, low, high, images FROM calibration")
    #expect(lines.first == "\(perfectEvaluation)|0.9|1.0|100")
    #expect(lines.count == 11 && lines.last == "\(evaluation)|0.9|1.0|12")
    #expect(try rows("SELECT sum(images) FROM calibration WHERE evaluation = \(evaluation)") == ["100"])
    #expect(try rows("SELECT count(*) FROM calibration WHERE mean_confidence NOT BETWEEN low AND high") == ["0"])
    #expect(
      try rows(
        "SELECT CAST(round(sum(accuracy * images)) AS INTEGER) FROM calibration WHERE evaluation = \(evaluation)")
        == ["\(recording.accuracy.exact)"])
  }

  @Test("calibration_error is the mean gap of all images")
  func calibrationError() throws {
    let lines = try rows("SELECT evaluation, images, accuracy, expected_calibration_error FROM calibration_error")
    #expect(lines.first == "\(perfectEvaluation)|100|1.0|0.0")
    var bins: [Int: (images: Double, confidence: Double, exact: Double)] = [:]
    for prediction in recording.evaluation.predictions {
      let bin = min(Int(prediction.confidence * 10), 9)
      let sums = bins[bin] ?? (0, 0, 0)
      bins[bin] = (sums.images + 1, sums.confidence + prediction.confidence, sums.exact + (prediction.isExact ? 1 : 0))
    }
    let expected = bins.values.reduce(0) { $0 + abs($1.confidence - $1.exact) } / 100
    let found = try #require(lines.last?.split(separator: "|").last.flatMap { Double($0) })
    #expect(expected > 0.1 && abs(found - expected) < 1e-12)
  }

  @Test("evaluation_comparison lists the images that two evaluations read differently")
  func comparison() throws {
    let wrong = 100 - recording.accuracy.exact
    #expect(
      try rows("SELECT evaluation, earlier, change, count(*) FROM evaluation_comparison GROUP BY 1, 2, 3")
        == ["\(perfectEvaluation)|\(evaluation)|fixed|\(wrong)"])
    let third = try catalog.recordEvaluation(recording.evaluation)
    #expect(
      try rows("SELECT evaluation, earlier, change, count(*) FROM evaluation_comparison GROUP BY 1, 2, 3 ORDER BY 1, 2")
        == [
          "\(perfectEvaluation)|\(evaluation)|fixed|\(wrong)", "\(third)|\(perfectEvaluation)|broken|\(wrong)",
        ])
  }

  @Test("no row points to one that is not there")
  func foreignKeys() throws {
    #expect(try rows("PRAGMA foreign_key_check").isEmpty)
    #expect(try rows("PRAGMA integrity_check") == ["ok"])
  }

  @Test("an evaluation of a sample that is not there is refused as a whole")
  func unknownSample() throws {
    var predictions = recording.evaluation.predictions
    predictions.append(PredictionRow(sampleIndex: 100, predicted: "0000", isExact: false, confidence: 0.5))
    let wrong = EvaluationRow(
      modelHash: "wrong", split: .test, caseFoldedExact: recording.accuracy.caseFoldedExact, predictions: predictions,
      confusion: [])
    #expect(throws: CatalogError.self) { try catalog.recordEvaluation(wrong) }
    #expect(try catalog.accuracy(ofModel: "wrong", on: .test) == nil)
    #expect(try rows("SELECT count(*) FROM prediction") == ["200"])
  }
}
