import Specs

/// The steps at which checkpoints are made, and which checkpoints are kept.
package struct CheckpointSchedule: Sendable {
  /// The number of regular checkpoints kept in addition to the best one.
  private static let regularCount = 3

  /// Steps from one regular checkpoint to the next.
  let every: Int
  package let stepCount: Int

  package init(_ training: TrainingSpec, stepsPerEpoch: Int) {
    every = training.checkpointEvery
    stepCount = stepsPerEpoch * training.epochs
  }

  package func isDue(atStep step: Int) -> Bool { step >= stepCount || step % every == 0 }

  /// The number of checkpoints due up to a step.
  package func dueCount(upTo step: Int) -> Int { step / every + (step == stepCount && step % every != 0 ? 1 : 0) }

  /// The steps of the checkpoints that are kept after one at `step`: this one, the regular ones before it, and the
  /// best.
  package func kept(atStep step: Int, validations: [ValidationResult]) -> Set<Int> {
    let lastRegular = (step - 1) / every * every
    let regular = (0..<Self.regularCount - 1).map { lastRegular - $0 * every }
    // The best has the most exact validation images; of equals, it is the last.
    let best = validations.max { ($0.exact, $0.step) < ($1.exact, $1.step) }?.step ?? 0
    return Set(([step, best] + regular).filter { $0 > 0 })
  }

  /// The steps of the checkpoints up to `step` that training needs to resume: those that will be kept when it ends.
  package func needed(upTo step: Int, validations: [ValidationResult]) -> Set<Int> {
    kept(atStep: stepCount, validations: validations.filter { $0.step <= step }).filter { $0 <= step }
  }
}
