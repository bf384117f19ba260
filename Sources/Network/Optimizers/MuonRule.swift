import Kernels
import Specs
import Workers

/// Muon (Jordan et al. 2024) for the kernels of convolutions, AdamW for the rest.
struct MuonRule: UpdateRule {
  static let forms = [OptimizerForm.muon]

  /// Its first moment is also Muon's running mean. For kernels its second moment stays 0.
  private let adam: AdamRule

  init(count: Int) { adam = AdamRule(count: count) }

  var state: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { adam.state }

  func updates(of pieces: [ParameterPiece], backend: any Backend) throws(KernelError) -> [Update] {
    var updates: [Update] = []
    for piece in pieces where piece.parameter.role == .kernel {
      let (count, filters) = (piece.parameter.count, piece.parameter.shape[0])
      let muon = try Muon(rows: filters, columns: count / filters, backend: backend)
      updates += piece.updates(countMax: count, label: "optimizer Muon") { range, step in
        muon.update(
          weights: step.weights, gradient: step.gradient, mean: adam.firstMoment.floats + range.lowerBound,
          learningRate: step.learningRate, weightDecay: step.weightDecay, average: step.average,
          averageShare: step.averageShare)
      }
    }
    let rest = pieces.filter { $0.parameter.role != .kernel }
    return updates.sorted { $0.range.count > $1.range.count } + adam.updates(of: rest, backend: backend)
  }
}

extension OptimizerForm {
  package static let muon = OptimizerForm("muon")
}
