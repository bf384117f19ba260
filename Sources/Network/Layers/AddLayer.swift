import Specs

/// Adds the activation at `shortcut` (He et al. 2016).
struct AddLayer: TailLayer, BareLayerForm {
  static let word = "add"
  static let tailOrder: Int? = 1
  var graphOperator: GraphOperator? { GraphOperator(name: "Add") }

  func output(after planning: inout Planning) throws(LayerError) -> LayerShape {
    guard case .planes(let planes) = planning.output else { throw planning.headError("'add' must follow a batch-norm") }
    guard let shortcut = planning.openShortcut else {
      throw planning.headError("the 'add' after it has no open 'shortcut'")
    }
    guard shortcut.planes == planes else {
      throw planning.headError(
        "its output has \(planes), but the 'shortcut' of the 'add' after it has \(shortcut.planes)")
    }
    planning.openShortcut = nil
    return planning.output
  }
}

extension LayerDescription {
  package static var add: LayerDescription { LayerDescription(AddLayer()) }
}
