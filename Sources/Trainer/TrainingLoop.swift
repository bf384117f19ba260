import Foundation
import Loader
import Ranks
import Samples
import Workers

/// The training loop: steps, checkpoints, validation, and progress messages.
package final class TrainingLoop {
  /// Steps in one transaction: few enough that a query of the learning curve during training is up to date.
  private static let stepsAtATime = 20

  private let trainer: Trainer
  private let group: RankGroup
  private let validation: Validation?
  private let journal: any TrainingJournal
  private let checkpoints: CheckpointSchedule
  private var monitor: TrainingMonitor
  /// Steps that are not recorded yet.
  private var steps: [TimedStep] = []
  private var lastValidation: ValidationResult?

  /// - Parameters:
  ///   - group: The ranks that train together. Each runs this loop, with a journal of its own.
  ///   - validation: nil without a validation split.
  package init(
    _ trainer: Trainer, in group: RankGroup = RankGroup(), validation: Validation?, journal: any TrainingJournal
  ) {
    self.trainer = trainer
    self.group = group
    self.validation = validation
    self.journal = journal
    checkpoints = trainer.plan.checkpoints
    monitor = TrainingMonitor(trainer.plan.model)
  }

  /// Trains to the last step.
  /// - Parameters:
  ///   - leaveOut: As in `BatchLoader.init`.
  ///   - reading: Calls a function that reads samples, and gives its errors the form that a user sees.
  /// - Throws: `Interrupted`, after a checkpoint of the last step; `TrainingError`; errors of journal and loader, of
  ///   any rank.
  package func run(
    on dataset: Dataset, leaveOut: ((LeftOutBlock) throws -> Void)?, cancellation: Cancellation,
    reading: (() throws -> Batch?) throws -> Batch? = { try $0() }
  ) throws {
    let plan = trainer.plan
    let loader = try BatchLoader(
      dataset, order: .shuffled(seed: SeedPurpose.order.seed(from: plan.seed)),
      batchSize: plan.training.imagesPerStep, rows: trainer.ownCandidates, startBatch: trainer.step, threadCount: 1,
      leaveOut: leaveOut)
    var start = Date()
    do {
      while !trainer.isDone {
        let (read, agreement) = try group.agree(isCancelled: cancellation.isCancelled) {
          let batch = try reading { try loader.next() }
          if let batch { try trainer.requireReadable(batch) }
          return batch
        }
        guard let batch = read else { break }
        let step = try trainer.train(images: batch.images, labels: batch.labels)
        let end = Date()
        steps.append(TimedStep(step: step, seconds: end.timeIntervalSince(start)))
        start = end
        show(step)
        if checkpoints.isDue(atStep: trainer.step) || agreement.isCancelled {
          try save(loss: step.loss)
        } else if steps.count == Self.stepsAtATime {
          try recordSteps()
        }
        if agreement.isCancelled { throw Interrupted() }
      }
    } catch let error where error is TrainingError || error is RankFailure {
      try recordSteps()
      throw error
    }
    // A crash may have happened between the last checkpoint and the removal of old ones.
    try removeOldCheckpoints()
  }

  private func show(_ step: TrainingStep) {
    let warning = monitor.observe(
      step: step.number + 1, loss: step.loss, exact: step.exactCount, of: trainer.plan.training.imagesPerStep)
    if let warning { journal.note(warning) }
    var detail = "loss \(String(format: "%.4f", monitor.loss)), \(percent(monitor.accuracy, decimals: 1)) exact"
    if let last = lastValidation {
      detail += ", validation \(percent(Double(last.exact) / Double(last.images), decimals: 1))"
    }
    journal.show(step: step.number + 1, of: trainer.plan.stepCount, detail: detail)
  }

  private func recordSteps() throws {
    try journal.record(steps)
    steps = []
  }

  /// Makes a checkpoint and removes old ones.
  private func save(loss: Double) throws {
    try trainer.requireFiniteParameters()
    trainer.collectState()
    // A checkpoint for an interruption is not validated, since an interruption must not change the results.
    let validated = checkpoints.isDue(atStep: trainer.step) ? validate() : nil
    if group.isFirst {
      let bytes = try trainer.encodedCheckpoint()
      try journal.record(
        TrainingCheckpoint(step: trainer.step, loss: loss, bytes: bytes, validation: validated), after: steps)
    }
    steps = []
    try removeOldCheckpoints()
  }

  private func validate() -> ValidationResult? {
    guard let validation else { return nil }
    let exact = validation.exactCount(trainer.result)
    if let warning = monitor.observeValidation(exact: exact, of: validation.imageCount) { journal.note(warning) }
    lastValidation = ValidationResult(step: trainer.step, images: validation.imageCount, exact: exact)
    return lastValidation
  }

  private func removeOldCheckpoints() throws {
    try journal.keepCheckpoints(
      atSteps: checkpoints.kept(atStep: trainer.step, validations: try journal.validations()))
  }
}
