import Kernels
import Workers

/// Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019); with a decay of 0 it is plain Adam.
/// Kernels and matrices decay, biases and normalisation do not.
package final class Optimizer: Sendable {
  /// Running means of the gradient and of its square: [learnedCount].
  package let firstMoment: AlignedBuffer
  package let secondMoment: AlignedBuffer
  private let pieces: [Piece]

  /// A run of parameters that one thread updates: as much as fits its cache.
  private struct Piece: Sendable {
    let range: Range<Int>
    let weightDecay: Double
  }

  private static let pieceCountMax = 1 << 15

  package init(_ parameters: Parameters, weightDecay: Double) {
    firstMoment = AlignedBuffer(Float.self, count: parameters.learnedCount)
    secondMoment = AlignedBuffer(Float.self, count: parameters.learnedCount)
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
    team.run(count: pieces.count) { number in
      let piece = pieces[number]
      let start = piece.range.lowerBound
      Adam().update(
        weights: parameters.values.floats + start, gradient: gradients.floats + start,
        mean: firstMoment.floats + start, square: secondMoment.floats + start, count: piece.range.count, step: step,
        learningRate: learningRate, weightDecay: piece.weightDecay)
    }
  }
}
