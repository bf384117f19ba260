import Kernels
import Workers

/// Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019); with a decay of 0 it is plain Adam.
/// Kernels and matrices decay, biases and normalisation do not. In the same pass over memory it keeps the running average
/// of the weights (Polyak and Juditsky 1992), in the exponential form that ends nearer to a minimum than the weights do.
package final class Optimizer: Sendable {
  /// Running means of the gradient and of its square: [learnedCount].
  package let firstMoment: AlignedBuffer
  package let secondMoment: AlignedBuffer
  /// The running average of the parameters and of their statistics, from the first step on; nil where none is kept.
  package let average: Parameters?
  private let averageDecay: Double
  private let pieces: [Piece]

  /// A run of parameters that one thread updates: as much as fits its cache.
  private struct Piece: Sendable {
    let range: Range<Int>
    let weightDecay: Double
  }

  private static let pieceCountMax = 1 << 15

  /// - Parameter averageDecay: The share of the average that a step keeps, below 1; 0 for no average.
  package init(_ parameters: Parameters, weightDecay: Double, averageDecay: Double = 0) {
    firstMoment = AlignedBuffer(Float.self, count: parameters.learnedCount)
    secondMoment = AlignedBuffer(Float.self, count: parameters.learnedCount)
    average = averageDecay > 0 ? Parameters(like: parameters) : nil
    self.averageDecay = averageDecay
    pieces = parameters.list.filter(\.isLearned).flatMap { parameter in
      stride(from: parameter.range.lowerBound, to: parameter.range.upperBound, by: Self.pieceCountMax).map { start in
        Piece(
          range: start..<min(start + Self.pieceCountMax, parameter.range.upperBound),
          weightDecay: parameter.decays ? weightDecay : 0)
      }
    }
  }

  /// Moves every learned parameter one step against its gradient.
  /// - Parameter step: How many updates this one makes, so from 1.
  package func update(
    _ parameters: Parameters, gradients: AlignedBuffer, learningRate: Double, step: Int, team: Team
  ) {
    let averageShare = averageShare(atStep: step)
    team.run(count: pieces.count) { number in
      let piece = pieces[number]
      let start = piece.range.lowerBound
      Adam().update(
        weights: parameters.values.floats + start, gradient: gradients.floats + start,
        mean: firstMoment.floats + start, square: secondMoment.floats + start, count: piece.range.count, step: step,
        learningRate: learningRate, weightDecay: piece.weightDecay, average: average.map { $0.values.floats + start },
        averageShare: averageShare)
    }
    if let average {
      let start = parameters.learnedCount
      updateAverage(
        average.values.floats + start, of: parameters.values.floats + start, count: parameters.count - start,
        share: averageShare)
    }
  }

  /// How far the average goes to the parameters. The first step makes it equal to them. Those that follow keep little of it
  /// at first, so that the drawn weights are soon forgotten: the share kept rises as (1 + t) / (10 + t), with t counted from
  /// the second step (TensorFlow's ExponentialMovingAverage with `num_updates`).
  private func averageShare(atStep step: Int) -> Float {
    Float(1 - min(averageDecay, Double(step - 1) / Double(step + 8)))
  }
}
