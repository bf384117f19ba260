import Specs

/// Adds the activation at `shortcut` (He et al. 2016).
struct AddLayer: TailLayer, BareLayerForm {
  static let word = "add"
  var tailPart: TailPart? { .add }
  var graphOperator: GraphOperator? { GraphOperator("Add") }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    guard case .planes(let planes) = planning.output else { throw .head("'add' must follow a batch-norm") }
    guard let shortcut = planning.openShortcut else { throw .head("the 'add' after it has no open 'shortcut'") }
    guard shortcut.planes == planes else {
      throw .head("its output has \(planes), but the 'shortcut' of the 'add' after it has \(shortcut.planes)")
    }
    planning.openShortcut = nil
    return planning.output
  }
}

extension LayerDescription {
  package static var add: LayerDescription { LayerDescription(AddLayer()) }
}
