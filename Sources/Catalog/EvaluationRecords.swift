import GRDB
import Samples

/// An evaluation of a model on a split.
package struct EvaluationRow: Sendable, Equatable {
  /// SHA-256 of the model file, in hexadecimal.
  package let modelHash: String
  package let split: Split
  /// Images predicted exactly if both texts are lower-cased.
  package let caseFoldedExact: Int
  /// One row for each image.
  package let predictions: [PredictionRow]
  package let confusion: [ConfusionRow]

  package init(
    modelHash: String, split: Split, caseFoldedExact: Int, predictions: [PredictionRow], confusion: [ConfusionRow]
  ) {
    self.modelHash = modelHash
    self.split = split
    self.caseFoldedExact = caseFoldedExact
    self.predictions = predictions
    self.confusion = confusion
  }
}

/// The prediction for one image.
package struct PredictionRow: Sendable, Equatable {
  /// Index of a recorded sample in the split.
  package let sampleIndex: UInt64
  package let predicted: String
  package let isExact: Bool
  /// The model's probability of `predicted`: 0 ... 1.
  package let confidence: Double

  package init(sampleIndex: UInt64, predicted: String, isExact: Bool, confidence: Double) {
    self.sampleIndex = sampleIndex
    self.predicted = predicted
    self.isExact = isExact
    self.confidence = confidence
  }
}

/// How often the character `truth` was predicted as `predicted` at one position.
package struct ConfusionRow: Sendable, Equatable {
  /// From 0.
  package let position: Int
  /// nil past the end of the text; so is `predicted`.
  package let truth: Character?
  package let predicted: Character?
  /// Above 0.
  package let count: Int

  package init(position: Int, truth: Character?, predicted: Character?, count: Int) {
    self.position = position
    self.truth = truth
    self.predicted = predicted
    self.count = count
  }
}

/// The recorded accuracy of a model on a split.
package struct AccuracyRow: Sendable, Equatable {
  /// The evaluation's number.
  package let evaluation: Int
  /// SHA-256 of the model file, in hexadecimal.
  package let modelHash: String
  package let split: Split
  package let accuracy: Accuracy

  package init(evaluation: Int, modelHash: String, split: Split, accuracy: Accuracy) {
    self.evaluation = evaluation
    self.modelHash = modelHash
    self.split = split
    self.accuracy = accuracy
  }
}

/// A row of the view `confused_pairs`.
package struct ConfusedPairRow: CatalogRow, Encodable {
  package let truth: String
  package let predicted: String
  package let count: Int
  /// Fraction of all `truth` characters that were predicted as `predicted`.
  package let shareOfTruth: Double
}

extension Catalog {
  /// Records an evaluation with its predictions and confusion counts. It replaces incomplete evaluations of the same
  /// model on the same split.
  /// - Returns: The evaluation's number, higher than those of all earlier ones.
  package func recordEvaluation(_ evaluation: EvaluationRow) throws(CatalogError) -> Int {
    try write("record an evaluation of split \(evaluation.split)") { database in
      let (split, exact) = (evaluation.split.rawValue, evaluation.predictions.count { $0.isExact })
      try database.execute(
        sql: "DELETE FROM evaluation WHERE model_hash = ? AND split = ? AND NOT \(Self.isComplete)",
        arguments: [evaluation.modelHash, split])
      let id = try Int.fetchOne(database, sql: "SELECT coalesce(max(id), 0) + 1 FROM evaluation") ?? 1
      for table in ["prediction", "confusion"] {
        try database.execute(sql: "DELETE FROM \(table) WHERE evaluation = ?", arguments: [id])
      }
      try database.execute(
        sql: """
          INSERT INTO evaluation (id, model_hash, split, images, exact, case_folded_exact) VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          id, evaluation.modelHash, split, evaluation.predictions.count, exact, evaluation.caseFoldedExact,
        ])
      try Self.insert(evaluation.predictions, of: evaluation.split, evaluation: id, in: database)
      try Self.insert(evaluation.confusion, evaluation: id, in: database)
      return id
    }
  }

  /// SQL: whether a row of `evaluation` has all its predictions and confusion counts.
  private static let isComplete = """
    (images = (SELECT count(*) FROM prediction WHERE prediction.evaluation = evaluation.id)
      AND EXISTS (SELECT 1 FROM confusion WHERE confusion.evaluation = evaluation.id)
      AND NOT EXISTS (
        SELECT 1 FROM confusion WHERE confusion.evaluation = evaluation.id
        GROUP BY position HAVING sum(count) <> images))
    """

  /// The newest complete evaluation of the model on the split; nil if there is none.
  package func accuracy(ofModel modelHash: String, on split: Split) throws(CatalogError) -> AccuracyRow? {
    try read("read the accuracy on split \(split)") { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT id, images, exact, case_folded_exact, coalesce(sum(count), 0) AS characters,
            coalesce(sum(correct), 0) AS correct
          FROM evaluation LEFT JOIN character_accuracy ON character_accuracy.evaluation = id AND character <> ''
          WHERE model_hash = ? AND split = ? AND \(Self.isComplete)
          GROUP BY id ORDER BY id DESC LIMIT 1
          """,
        arguments: [modelHash, split.rawValue])
      return row.map { row in
        AccuracyRow(
          evaluation: row["id"], modelHash: modelHash, split: split,
          accuracy: Accuracy(
            images: row["images"], exact: row["exact"], caseFoldedExact: row["case_folded_exact"],
            characters: row["characters"], correctCharacters: row["correct"]))
      }
    }
  }

  /// The `count` most frequent mistakes of an evaluation, worst first.
  package func confusedPairs(ofEvaluation id: Int, first count: Int) throws(CatalogError) -> [ConfusedPairRow] {
    try rows(
      "the confused pairs",
      sql: """
        SELECT truth, predicted, count, share_of_truth FROM confused_pairs WHERE evaluation = ?
        ORDER BY count DESC, share_of_truth DESC, truth, predicted LIMIT ?
        """, [id, count])
  }

  private static func insert(
    _ predictions: [PredictionRow], of split: Split, evaluation: Int, in database: Database
  ) throws {
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO prediction (evaluation, split, sample_index, predicted, exact, confidence) VALUES (?, ?, ?, ?, ?, ?)
        """)
    let split = split.rawValue
    for prediction in predictions {
      try statement.execute(arguments: [
        evaluation, split, Int64(bitPattern: prediction.sampleIndex), prediction.predicted, prediction.isExact,
        prediction.confidence,
      ])
    }
  }

  private static func insert(_ confusion: [ConfusionRow], evaluation: Int, in database: Database) throws {
    let statement = try database.cachedStatement(
      sql: "INSERT INTO confusion (evaluation, position, truth, predicted, count) VALUES (?, ?, ?, ?, ?)")
    for row in confusion {
      try statement.execute(arguments: [
        evaluation, row.position, row.truth.map(String.init) ?? "", row.predicted.map(String.init) ?? "", row.count,
      ])
    }
  }
}
