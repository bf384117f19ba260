import GRDB

/// The record of a training step.
package struct MetricRow: Sendable, Equatable {
  /// Number of the step, from 1.
  package let step: Int
  /// Number of the epoch, from 0.
  package let epoch: Int
  /// Images inferred since the start of training, this step's included.
  package let images: Int
  /// Mean over the images trained on; NaN is recorded as NULL.
  package let loss: Double
  package let learningRate: Double
  /// Fraction of the step's inferred images that were exact, 0 ... 1.
  package let accuracy: Double
  /// Measured; nil where it was not. The only value that differs when a training is repeated.
  package let imagesPerSecond: Double?

  package init(
    step: Int, epoch: Int, images: Int, loss: Double, learningRate: Double, accuracy: Double, imagesPerSecond: Double?
  ) {
    self.step = step
    self.epoch = epoch
    self.images = images
    self.loss = loss
    self.learningRate = learningRate
    self.accuracy = accuracy
    self.imagesPerSecond = imagesPerSecond
  }
}

/// The validation after a step.
package struct ValidationRow: TableRow {
  package static let databaseTableName = "validation"

  package let step: Int
  package let images: Int
  /// Images predicted exactly.
  package let exact: Int

  package init(step: Int, images: Int, exact: Int) {
    self.step = step
    self.images = images
    self.exact = exact
  }
}

/// A durable file that training can resume from.
package struct CheckpointRow: TableRow {
  package static let databaseTableName = "checkpoint"

  /// Steps done; 0 for the initial weights.
  package let step: Int
  /// Relative to the workspace.
  package let file: String
  /// SHA-256 of the whole file, in hexadecimal.
  package let contentHash: String
  /// Loss of the last step; nil before the first.
  package let loss: Double?

  package init(step: Int, file: String, contentHash: String, loss: Double?) {
    self.step = step
    self.file = file
    self.contentHash = contentHash
    self.loss = loss
  }
}

extension Catalog {
  /// Records steps. Steps that are recorded already are replaced.
  package func recordMetrics(_ metrics: [MetricRow]) throws(CatalogError) {
    try write("record training steps") { database in try Self.insert(metrics, in: database) }
  }

  /// Records a durable checkpoint file, in place of one of the same step, together with its validation and the steps
  /// before it that are not recorded yet. So no crash leaves a checkpoint without its steps.
  package func recordCheckpoint(
    _ checkpoint: CheckpointRow, metrics: [MetricRow], validation: ValidationRow? = nil
  ) throws(CatalogError) {
    try write("record the checkpoint of step \(checkpoint.step)") { database in
      try Self.insert(metrics, in: database)
      try validation?.insert(database, onConflict: .replace)
      try checkpoint.insert(database, onConflict: .replace)
    }
  }

  /// The recorded checkpoints, newest first.
  package func checkpoints() throws(CatalogError) -> [CheckpointRow] {
    try rows("the checkpoints", sql: "SELECT * FROM checkpoint ORDER BY step DESC")
  }

  /// The recorded validations, in step order.
  package func validations() throws(CatalogError) -> [ValidationRow] {
    try rows("the validations", sql: "SELECT * FROM validation ORDER BY step")
  }

  /// The last step before the first gap in the recorded steps; 0 where step 1 is missing.
  package func lastContinuousStep() throws(CatalogError) -> Int {
    // Without a gap, a step's row number equals its step number.
    try number(
      "the last training step",
      sql: "SELECT coalesce(max(step), 0) FROM (SELECT step, row_number() OVER (ORDER BY step) AS count FROM metric) "
        + "WHERE step = count")
  }

  /// Deletes the row of a checkpoint; to be called before its file is deleted.
  package func removeCheckpoint(atStep step: Int) throws(CatalogError) {
    try write("remove the checkpoint of step \(step)") { database in
      try database.execute(sql: "DELETE FROM checkpoint WHERE step = ?", arguments: [step])
    }
  }

  /// Deletes the steps and checkpoints after `step`; to be called before training resumes from there.
  package func truncateTraining(afterStep step: Int) throws(CatalogError) {
    try write("drop the training steps after \(step)") { database in
      try Self.deleteTraining(afterStep: step, in: database)
    }
  }

  /// Records that training starts over. One transaction replaces the stage's row and deletes all steps, checkpoints and
  /// records of left-out blocks.
  package func restartTraining(_ stage: StageRow) throws(CatalogError) {
    try write("restart training") { database in
      try Self.deleteTraining(afterStep: -1, in: database)
      try Self.deleteLeftOut(ofStage: stage.name, in: database)
      try stage.insert(database, onConflict: .replace)
    }
  }

  /// The last recorded step, and the mean loss of it and up to 49 before it; nil before the first.
  package func lastStep() throws(CatalogError) -> (number: Int, smoothedLoss: Double?)? {
    try read("read the last training step") { database in
      try Row.fetchOne(database, sql: "SELECT step, smoothed_loss FROM learning_curve ORDER BY step DESC LIMIT 1")
        .map { ($0[0], $0[1]) }
    }
  }

  private static func deleteTraining(afterStep step: Int, in database: Database) throws {
    try database.execute(sql: "DELETE FROM metric WHERE step > ?", arguments: [step])
    try database.execute(sql: "DELETE FROM checkpoint WHERE step > ?", arguments: [step])
  }

  private static func insert(_ metrics: [MetricRow], in database: Database) throws {
    let insertMetric = try database.cachedStatement(
      sql:
        "INSERT OR REPLACE INTO metric (step, epoch, images, loss, learning_rate, accuracy) VALUES (?, ?, ?, ?, ?, ?)")
    let insertRate = try database.cachedStatement(
      sql: "INSERT OR REPLACE INTO metric_rate (step, images_per_second) VALUES (?, ?)")
    for metric in metrics {
      // SQLite stores NaN as NULL.
      try insertMetric.execute(arguments: [
        metric.step, metric.epoch, metric.images, metric.loss, metric.learningRate, metric.accuracy,
      ])
      if let rate = metric.imagesPerSecond { try insertRate.execute(arguments: [metric.step, rate]) }
    }
  }
}
