import GRDB

/// What is recorded of a training step.
package struct MetricRow: Sendable, Equatable {
  /// From 1: the first step after which the weights differ.
  package let step: Int
  /// From 0.
  package let epoch: Int
  /// Images looked at since the start, this step's included.
  package let images: Int
  /// Mean over the images learned from; recorded as absent where it is not a number.
  package let loss: Double
  package let learningRate: Double
  /// Share of the images looked at that were read without a mistake, 0 ... 1.
  package let accuracy: Double
  /// Measured; nil where it was not. The only value here that differs when a training is repeated.
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

/// How validation images were read after a step.
package struct ValidationRow: Sendable, Equatable, Decodable, FetchableRecord {
  package let step: Int
  package let images: Int
  /// Images read without a mistake.
  package let exact: Int

  package init(step: Int, images: Int, exact: Int) {
    self.step = step
    self.images = images
    self.exact = exact
  }
}

/// A durable file that training can go on from.
package struct CheckpointRow: Sendable, Equatable, Decodable, FetchableRecord {
  package static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  /// Steps done; 0 for the initial weights.
  package let step: Int
  /// Relative to the workspace.
  package let file: String
  /// SHA-256 of the whole file, in hexadecimal.
  package let contentHash: String
  /// Of the last step; nil where there was none.
  package let loss: Double?

  package init(step: Int, file: String, contentHash: String, loss: Double?) {
    self.step = step
    self.file = file
    self.contentHash = contentHash
    self.loss = loss
  }
}

/// A row of the view `learning_curve`.
package struct LearningCurveRow: Sendable, Equatable, Decodable, FetchableRecord {
  package static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  package let step: Int
  package let epoch: Int
  package let images: Int
  /// Nil where it was not a number.
  package let loss: Double?
  /// Mean over this step and up to 49 before it; nil where none of them had a loss.
  package let smoothedLoss: Double?
  package let learningRate: Double
  package let imagesPerSecond: Double?
  package let accuracy: Double?
  /// Mean over this step and up to 49 before it.
  package let smoothedAccuracy: Double?
  /// Nil where the validation images were not read after this step.
  package let validationAccuracy: Double?
}

extension Catalog {
  /// Records steps. Steps that are recorded already are replaced.
  package func recordMetrics(_ metrics: [MetricRow]) throws(CatalogError) {
    try write("record training steps") { database in try Self.insert(metrics, in: database) }
  }

  /// Records a durable checkpoint file, in place of one of the same step, and with it the steps before it that are not
  /// recorded yet, and what was validated there: after a crash, no checkpoint is without its steps.
  package func recordCheckpoint(
    _ checkpoint: CheckpointRow, metrics: [MetricRow], validation: ValidationRow? = nil
  ) throws(CatalogError) {
    try write("record the checkpoint of step \(checkpoint.step)") { database in
      try Self.insert(metrics, in: database)
      if let validation {
        try database.execute(
          sql: "INSERT OR REPLACE INTO validation (step, images, exact) VALUES (?, ?, ?)",
          arguments: [validation.step, validation.images, validation.exact])
      }
      try database.execute(
        sql: "INSERT OR REPLACE INTO checkpoint (step, file, content_hash, loss) VALUES (?, ?, ?, ?)",
        arguments: [checkpoint.step, checkpoint.file, checkpoint.contentHash, checkpoint.loss])
    }
  }

  /// The checkpoints that are recorded, newest first.
  package func checkpoints() throws(CatalogError) -> [CheckpointRow] {
    try read("list the checkpoints") { database in
      try CheckpointRow.fetchAll(database, sql: "SELECT * FROM checkpoint ORDER BY step DESC")
    }
  }

  /// How the validation images were read, in step order.
  package func validations() throws(CatalogError) -> [ValidationRow] {
    try read("list the validations") { database in
      try ValidationRow.fetchAll(database, sql: "SELECT step, images, exact FROM validation ORDER BY step")
    }
  }

  /// The last step up to which none is missing from the recorded ones; 0 where there is none.
  package func lastContinuousStep() throws(CatalogError) -> Int {
    try read("count the training steps") { database in
      // The rows up to a step are as many as the step's number if none is missing.
      try Int.fetchOne(
        database,
        sql: "SELECT coalesce(max(step), 0) FROM (SELECT step, row_number() OVER (ORDER BY step) AS count FROM metric) "
          + "WHERE step = count") ?? 0
    }
  }

  /// Drops the row of a checkpoint; to be called before its file is deleted.
  package func removeCheckpoint(atStep step: Int) throws(CatalogError) {
    try write("remove the checkpoint of step \(step)") { database in
      try database.execute(sql: "DELETE FROM checkpoint WHERE step = ?", arguments: [step])
    }
  }

  /// Drops the steps and checkpoints after `step`; to be called before training goes on from there.
  package func truncateTraining(afterStep step: Int) throws(CatalogError) {
    try write("drop the training steps after \(step)") { database in
      try Self.deleteTraining(afterStep: step, in: database)
    }
  }

  /// Records that training starts anew: in one transaction, `stage` takes the place of what its name stood for, and all
  /// steps, checkpoints and notes of left-out blocks are dropped.
  package func restartTraining(_ stage: StageRow) throws(CatalogError) {
    try write("restart training") { database in
      try Self.deleteTraining(afterStep: -1, in: database)
      try Self.deleteLeftOut(ofStage: stage.name, in: database)
      try Self.insert(stage, in: database)
    }
  }

  /// The last `count` steps of the learning curve, in step order.
  package func learningCurve(last count: Int) throws(CatalogError) -> [LearningCurveRow] {
    try read("read the learning curve") { database in
      try LearningCurveRow.fetchAll(
        database, sql: "SELECT * FROM (SELECT * FROM learning_curve ORDER BY step DESC LIMIT ?) ORDER BY step",
        arguments: [count])
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
      // SQLite keeps a number that is not one as NULL.
      try insertMetric.execute(arguments: [
        metric.step, metric.epoch, metric.images, metric.loss, metric.learningRate, metric.accuracy,
      ])
      if let rate = metric.imagesPerSecond { try insertRate.execute(arguments: [metric.step, rate]) }
    }
  }
}
