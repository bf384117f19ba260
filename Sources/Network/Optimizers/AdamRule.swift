import Kernels
import Specs

/// Adam (Kingma and Ba 2015), with decoupled weight decay AdamW (Loshchilov and Hutter 2019).
struct AdamRule: UpdateRule {
  static let forms = [OptimizerForm.adam, .adamw]

  /// Values that fit a thread's cache.
  private static let pieceCountMax = 1 << 15

  /// Running means of the gradient and of its square: [count].
  let firstMoment: AlignedBuffer
  private let secondMoment: AlignedBuffer

  init(count: Int) {
    firstMoment = AlignedBuffer(Float.self, count: count)
    secondMoment = AlignedBuffer(Float.self, count: count)
  }

  var state: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [("first_moment", firstMoment.allFloats), ("second_moment", secondMoment.allFloats)]
  }

  func updates(of pieces: [ParameterPiece], backend: any Backend) -> [Update] {
    pieces.flatMap { piece in
      piece.updates(countMax: Self.pieceCountMax, label: "optimizer Adam") { range, step in
        Adam().update(
          weights: step.weights, gradient: step.gradient, mean: firstMoment.floats + range.lowerBound,
          square: secondMoment.floats + range.lowerBound, count: range.count, step: step.number,
          learningRate: step.learningRate, weightDecay: step.weightDecay, average: step.average,
          averageShare: step.averageShare)
      }
    }
  }
}

extension OptimizerForm {
  package static let adam = OptimizerForm("adam", decaysWeights: false)
  package static let adamw = OptimizerForm("adamw")
}
