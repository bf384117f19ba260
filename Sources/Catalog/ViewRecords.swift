import GRDB
import Samples

// Rows of the catalog's views, for the report.

/// A point of the learning curve: the mean of several steps.
package struct CurvePointRow: CatalogRow {
  /// Images inferred by the end of these steps.
  package let images: Int
  /// Means over the steps; nil where none of them has the value.
  package let loss: Double?
  package let learningRate: Double
  package let imagesPerSecond: Double?
  /// Fraction of the inferred images that were exact.
  package let accuracy: Double?
  /// The same of the validation images; nil where no validation followed any of these steps.
  package let validationAccuracy: Double?
}

/// A row of the view `confusion_by_truth`.
package struct ConfusionShareRow: CatalogRow {
  package let truth: String
  package let predicted: String
  package let count: Int
  /// Fraction of all `truth` characters that were predicted as `predicted`.
  package let share: Double
}

/// How often a character, or the character at a position, was predicted correctly.
package struct TallyRow: CatalogRow {
  /// The character, or the number of the position, from 1.
  package let name: String
  package let count: Int
  package let correct: Int
}

/// A row of the view `calibration`.
package struct CalibrationRow: CatalogRow {
  package let low: Double
  package let high: Double
  package let images: Int
  package let meanConfidence: Double
  package let accuracy: Double
}

/// A row of the view `mistakes`.
package struct MistakeRow: CatalogRow {
  package let sampleIndex: Int
  /// The shard's file, relative to the workspace.
  package let file: String
  package let record: Int
  package let label: String
  package let predicted: String
  package let confidence: Double
}

extension Catalog {
  /// The learning curve as at most `count` points, each of the same number of steps.
  package func learningCurve(pointCount count: Int) throws(CatalogError) -> [CurvePointRow] {
    try rows(
      "the learning curve",
      sql: """
        SELECT max(images) AS images, avg(loss) AS loss, avg(learning_rate) AS learning_rate,
          avg(images_per_second) AS images_per_second, avg(accuracy) AS accuracy,
          avg(validation_accuracy) AS validation_accuracy
        FROM learning_curve
        GROUP BY (step - 1) * ? / (SELECT max(step) FROM metric)
        ORDER BY images
        """, [count])
  }

  package func confusion(ofEvaluation id: Int) throws(CatalogError) -> [ConfusionShareRow] {
    try rows(
      "the confusion matrix", sql: "SELECT truth, predicted, count, share FROM confusion_by_truth WHERE evaluation = ?",
      [id])
  }

  /// The accuracy of each character, lowest first.
  package func characterAccuracy(ofEvaluation id: Int) throws(CatalogError) -> [TallyRow] {
    try rows(
      "the accuracy by character",
      sql: "SELECT character AS name, count, correct FROM character_accuracy WHERE evaluation = ?", [id])
  }

  package func positionAccuracy(ofEvaluation id: Int) throws(CatalogError) -> [TallyRow] {
    try rows(
      "the accuracy by position",
      sql: "SELECT CAST(position + 1 AS TEXT) AS name, count, correct FROM position_accuracy WHERE evaluation = ?",
      [id])
  }

  package func calibration(ofEvaluation id: Int) throws(CatalogError) -> [CalibrationRow] {
    try rows(
      "the calibration",
      sql: "SELECT low, high, images, mean_confidence, accuracy FROM calibration WHERE evaluation = ?", [id])
  }

  package func calibrationError(ofEvaluation id: Int) throws(CatalogError) -> Double {
    try number(
      "the calibration error", sql: "SELECT expected_calibration_error FROM calibration_error WHERE evaluation = ?",
      [id])
  }

  /// At most `count` wrongly predicted images, highest confidence first.
  package func mistakes(ofEvaluation id: Int, first count: Int) throws(CatalogError) -> [MistakeRow] {
    try rows(
      "the mistakes",
      sql: """
        SELECT sample_index, file, record, label, predicted, confidence FROM mistakes WHERE evaluation = ?
        ORDER BY confidence DESC, sample_index LIMIT ?
        """, [id, count])
  }

  /// At most `count` images in which `truth` was predicted as `predicted`.
  package func examples(
    ofEvaluation id: Int, truth: String, predicted: String, first count: Int
  ) throws(CatalogError) -> [MistakeRow] {
    try rows(
      "the examples of a confused pair",
      sql: """
        SELECT sample_index, file, record, label, mistakes.predicted, confidence
        FROM mistakes JOIN (
          SELECT DISTINCT sample_index FROM confused_characters WHERE evaluation = ? AND truth = ? AND predicted = ?)
        USING (sample_index)
        WHERE evaluation = ?
        ORDER BY sample_index LIMIT ?
        """, [id, truth, predicted, id, count])
  }
}
