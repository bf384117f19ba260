/// Receives what happens in a training loop, and stores what must outlast it.
package protocol TrainingJournal {
  /// Stores steps since the last checkpoint durably.
  func record(_ steps: [TimedStep]) throws
  /// Stores a checkpoint durably, with the steps before it and its validation: all of it or nothing.
  func record(_ checkpoint: TrainingCheckpoint, after steps: [TimedStep]) throws
  /// All stored validations.
  func validations() throws -> [ValidationResult]
  /// Removes all other checkpoints, and files that are not recorded as one.
  func keepCheckpoints(atSteps steps: Set<Int>) throws
  /// Shows a message.
  func note(_ text: String)
  /// - Parameters:
  ///   - step: Steps done since the start of training.
  ///   - detail: The loss and the accuracy, in words.
  func show(step: Int, of stepCount: Int, detail: String)
}

/// A step and its duration.
package struct TimedStep: Sendable {
  package let step: TrainingStep
  /// Includes loading the batch.
  package let seconds: Double
}

/// The validation after `step` steps.
package struct ValidationResult: Sendable, Hashable {
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

/// The state of a training after `step` steps.
package struct TrainingCheckpoint: Sendable {
  package let step: Int
  /// Loss of the last step.
  package let loss: Double
  /// The checkpoint file's bytes.
  package let bytes: [UInt8]
  /// nil where the checkpoint was made for an interruption, or the spec has no validation split.
  package let validation: ValidationResult?
}
