import Specs

/// max(0, x).
struct ReLULayer: TailLayer, LayerForm {
  static let word = "relu"

  init(_ item: SpecItem) throws(SpecError) { try item.refuseSettings() }

  fileprivate init() {}

  var text: String { Self.word }
  var part: TailPart { .relu }
  var graphOperator: GraphOperator? { GraphOperator("Relu") }
}

extension LayerDescription {
  package static var relu: LayerDescription { LayerDescription(ReLULayer()) }
}
