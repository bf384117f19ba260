/// Told by a training loop what happens, and keeps what must outlast it.
package protocol TrainingJournal {
  /// Makes steps durable that no checkpoint has covered yet.
  func record(_ steps: [TimedStep]) throws
  /// Makes a checkpoint durable, with the steps that led to it and what was validated there: all of it or nothing.
  func record(_ checkpoint: TrainingCheckpoint, after steps: [TimedStep]) throws
  /// Every validation that is recorded.
  func validations() throws -> [ValidationResult]
  /// Removes all other checkpoints, recorded or not.
  func keepCheckpoints(atSteps steps: Set<Int>) throws
  /// Something a person should know.
  func note(_ text: String)
  /// - Parameters:
  ///   - step: Steps made since the start of training.
  ///   - detail: The loss and the accuracy, in words.
  func show(step: Int, of stepCount: Int, detail: String)
}

/// A step and how long it took.
package struct TimedStep: Sendable {
  package let step: TrainingStep
  /// Loading the batch included.
  package let seconds: Double
}

/// How validation images were read after `step` steps.
package struct ValidationResult: Sendable, Hashable {
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

/// The state of a training after `step` steps.
package struct TrainingCheckpoint: Sendable {
  package let step: Int
  /// Of the last step.
  package let loss: Double
  /// The file.
  package let bytes: [UInt8]
  /// nil where the checkpoint was made for an interruption, or there is nothing to validate with.
  package let validation: ValidationResult?
}
