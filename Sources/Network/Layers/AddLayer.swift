import Specs

/// Adds what `shortcut` kept (He et al. 2016).
struct AddLayer: TailLayer, BareLayerForm {
  static let word = "add"
  var tailPart: TailPart? { .add }
  var graphOperator: GraphOperator? { GraphOperator("Add") }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    guard case .planes(let planes) = planning.output else { throw .head("'add' must follow a batch-norm") }
    guard let shortcut = planning.openShortcut else { throw .head("'add' follows it, and no 'shortcut' is open") }
    guard shortcut.planes == planes else {
      throw .head("'add' follows it, and the shortcut kept \(shortcut.planes) where this layer gives \(planes)")
    }
    planning.openShortcut = nil
    return planning.output
  }
}

extension LayerDescription {
  package static var add: LayerDescription { LayerDescription(AddLayer()) }
}
