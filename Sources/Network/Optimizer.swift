import Kernels
import Specs
import Workers

/// Moves the parameters against their gradient, with decoupled weight decay for kernels and matrices, none for biases and
/// normalisation: by Adam (Kingma and Ba 2015; Loshchilov and Hutter 2019), or the kernels of convolutions by Muon and only
/// the rest by Adam. In the same pass over memory it keeps the running average of the weights (Polyak and Juditsky 1992),
/// in the exponential form that ends nearer to a minimum than the weights do.
package final class Optimizer: Sendable {
  /// Running means of the gradient and of its square: [learnedCount]. Muon leaves the squares at 0.
  package let firstMoment: AlignedBuffer
  package let secondMoment: AlignedBuffer
  /// The running average of the parameters and of their statistics, from the first step on; nil where none is kept.
  package let average: Parameters?
  private let averageDecay: Double
  private let pieces: [Piece]

  /// A run of parameters that one thread updates.
  private struct Piece: Sendable {
    let range: Range<Int>
    let weightDecay: Double
    /// nil for Adam.
    let muon: Muon?
    let label: WorkLabel
  }

  /// For Adam: as much as fits a thread's cache.
  private static let pieceCountMax = 1 << 15

  /// - Parameter averageDecay: The share of the average that a step keeps, below 1; 0 for no average.
  /// - Throws: `KernelError` where the backend cannot compute what Muon needs.
  package init(
    _ parameters: Parameters, rule: TrainingSpec.Optimizer, weightDecay: Double, averageDecay: Double = 0,
    backend: any Backend
  ) throws(KernelError) {
    firstMoment = AlignedBuffer(Float.self, count: parameters.learnedCount)
    secondMoment = AlignedBuffer(Float.self, count: parameters.learnedCount)
    average = averageDecay > 0 ? Parameters(like: parameters) : nil
    self.averageDecay = averageDecay
    var kernels: [Piece] = []
    var pieces: [Piece] = []
    for parameter in parameters.list where parameter.isLearned {
      let weightDecay = parameter.decays ? weightDecay : 0
      let layer = String(parameter.name.prefix { $0 != "." })
      if rule == .muon && parameter.isKernel {
        let filters = parameter.shape[0]
        let muon = try Muon(rows: filters, columns: parameter.count / filters, backend: backend)
        kernels.append(
          Piece(
            range: parameter.range, weightDecay: weightDecay, muon: muon, label: WorkLabel(layer, "optimizer Muon")))
      } else {
        pieces += stride(from: parameter.range.lowerBound, to: parameter.range.upperBound, by: Self.pieceCountMax).map {
          Piece(
            range: $0..<min($0 + Self.pieceCountMax, parameter.range.upperBound), weightDecay: weightDecay, muon: nil,
            label: WorkLabel(layer, "optimizer Adam"))
        }
      }
    }
    // What takes longest first, so that no thread is left alone with it.
    self.pieces = kernels.sorted { $0.range.count > $1.range.count } + pieces
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
      let (weights, gradient) = (parameters.values.floats + start, gradients.floats + start)
      let average = average.map { $0.values.floats + start }
      team.time(piece.label) {
        if let muon = piece.muon {
          muon.update(
            weights: weights, gradient: gradient, mean: firstMoment.floats + start, learningRate: learningRate,
            weightDecay: piece.weightDecay, average: average, averageShare: averageShare)
        } else {
          Adam().update(
            weights: weights, gradient: gradient, mean: firstMoment.floats + start, square: secondMoment.floats + start,
            count: piece.range.count, step: step, learningRate: learningRate, weightDecay: piece.weightDecay,
            average: average, averageShare: averageShare)
        }
      }
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
