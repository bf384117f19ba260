import Specs

/// max(0, x).
struct ReLULayer: TailLayer, BareLayerForm {
  static let word = "relu"
  var tailPart: TailPart? { .relu }
  var graphOperator: GraphOperator? { GraphOperator("Relu") }
}

extension LayerDescription {
  package static var relu: LayerDescription { LayerDescription(ReLULayer()) }
}
