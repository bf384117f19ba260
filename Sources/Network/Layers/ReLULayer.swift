import Specs

/// max(0, x).
struct ReLULayer: TailLayer, BareLayerForm {
  static let word = "relu"
  static let tailOrder: Int? = 2
  var graphOperator: GraphOperator? { GraphOperator(name: "Relu") }
}

extension LayerDescription {
  package static var relu: LayerDescription { LayerDescription(ReLULayer()) }
}
