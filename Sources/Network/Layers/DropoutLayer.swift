import Kernels
import Specs

/// Sets a fraction of the values to zero in training and scales the others up to keep the mean.
struct DropoutLayer: TailLayer {
  static let tailOrder: Int? = 0
  let rate: Double
  var graphOperator: GraphOperator? { nil }
}

extension DropoutLayer {
  private enum Key: String, SpecKey { case rate }

  static let word = "dropout"

  init(_ item: SpecItem) throws(SpecError) {
    rate = try item.settings(of: Key.self).number(.rate, in: 0...0.99, default: 0.5)
  }

  var text: String { "\(Self.word) rate=\(rate)" }
}

extension LayerDescription {
  package static func dropout(rate: Double) -> LayerDescription { LayerDescription(DropoutLayer(rate: rate)) }
}

/// The masks of one dropout layer.
struct Dropout: Sendable {
  let rate: Double
  /// Its index among the dropout layers of the network.
  let number: Int
  let state: StepState

  /// The mask of the current step.
  var mask: DropoutMask {
    DropoutMask(
      seed: state.dropoutSeed, step: UInt32(truncatingIfNeeded: state.step), layer: UInt32(number), rate: Float(rate))
  }
}
