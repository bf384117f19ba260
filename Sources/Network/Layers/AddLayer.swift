import Specs

/// Adds what `shortcut` kept (He et al. 2016).
struct AddLayer: TailLayer, LayerForm {
  static let word = "add"

  init(_ item: SpecItem) throws(SpecError) { try item.refuseSettings() }

  fileprivate init() {}

  var text: String { Self.word }
  var part: TailPart { .add }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    guard case .planes(let planes) = planning.output else { throw .head("'add' must follow a batch-norm") }
    guard let shortcut = planning.openShortcut else { throw .head("'add' follows it, and no 'shortcut' is open") }
    guard shortcut.planes == planes else {
      throw .head("'add' follows it, and the shortcut kept \(shortcut.planes) where this layer gives \(planes)")
    }
    planning.openShortcut = nil
    return planning.output
  }

  var graphOperator: GraphOperator? { GraphOperator("Add") }
}

extension LayerDescription {
  package static var add: LayerDescription { LayerDescription(AddLayer()) }
}
