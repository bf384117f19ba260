import Kernels
import Ranks
import Specs
import Workers

/// Updates the parameters by a rule, with decoupled weight decay for kernels and matrices, none for biases and
/// normalisation. The same pass over memory updates the exponential running average of the weights (Polyak and Juditsky
/// 1992), which ends nearer to a minimum than the weights do.
package final class Optimizer: Sendable {
  /// Prefix of its state's names in a checkpoint.
  static let statePrefix = "optimizer."

  /// The running average of the parameters and of their statistics, from the first step on; nil where none is kept.
  package let average: Parameters?
  private let averageDecay: Double
  private let weightDecay: Double
  private let rule: any UpdateRule
  private let owners: ParameterOwners
  /// Of this rank.
  private let updates: [Update]
  /// Gives all ranks the values that each has updated.
  private let exchange: PieceExchange

  /// - Parameters:
  ///   - form: The optimizer.
  ///   - owners: The values that each rank updates; nil for all on the one rank that there is.
  ///   - averageDecay: The fraction of the average that a step keeps, below 1; 0 for no average.
  /// - Throws: `KernelError` where the backend cannot compute what the rule needs.
  package init(
    _ parameters: Parameters, owners: ParameterOwners? = nil, rule form: OptimizerForm, weightDecay: Double,
    averageDecay: Double = 0, backend: any Backend
  ) throws(KernelError) {
    guard let kind = updateRules.first(where: { $0.forms.contains(form) }) else {
      preconditionFailure("an optimizer has a rule")
    }
    self.weightDecay = weightDecay
    self.averageDecay = averageDecay
    average = averageDecay > 0 ? Parameters(like: parameters) : nil
    rule = kind.init(count: parameters.learnedCount)
    let owners = owners ?? ParameterOwners(parameters)
    updates = try rule.updates(of: owners.own, backend: backend)
    exchange = owners.exchange(of: parameters.values.floats)
    self.owners = owners
  }

  /// What it keeps of former steps, by its names in a checkpoint.
  var state: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    (rule.state + (average.map { [("average", $0.values.allFloats)] } ?? [])).map { (Self.statePrefix + $0, $1) }
  }

  /// Gives all ranks the whole state, which each keeps for its own values only. All ranks call it together.
  package func collectState() {
    for (_, values) in state { if let start = values.baseAddress { owners.exchange(of: start).run() } }
  }

  /// Updates every learned parameter by one step: each rank some, all together all.
  /// - Parameter step: The number of this update, from 1.
  package func update(
    _ parameters: Parameters, gradients: AlignedBuffer, learningRate: Double, step: Int, team: Team
  ) {
    let averageShare = averageShare(atStep: step)
    team.run(count: updates.count) { number in
      let update = updates[number]
      let start = update.range.lowerBound
      team.time(update.label) {
        update.move(
          Update.Step(
            number: step, learningRate: learningRate, weightDecay: update.decays ? weightDecay : 0,
            weights: parameters.values.floats + start, gradient: gradients.floats + start,
            average: average.map { $0.values.floats + start }, averageShare: averageShare))
      }
    }
    if let average {
      let start = parameters.learnedCount
      updateAverage(
        average.values.floats + start, of: parameters.values.floats + start, count: parameters.count - start,
        share: averageShare)
    }
    exchange.run()
  }

  /// The fraction by which the average moves to the parameters: 1 in the first step. Later steps keep `averageDecay` of
  /// the average, but at first less, so that the initial weights are soon forgotten: at most (1 + t) / (10 + t), with t
  /// counted from the second step (TensorFlow's ExponentialMovingAverage with `num_updates`).
  private func averageShare(atStep step: Int) -> Float {
    Float(1 - min(averageDecay, Double(step - 1) / Double(step + 8)))
  }
}
