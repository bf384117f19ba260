import Specs

/// All layers, in the order of messages: a new one is a line here.
let layerKinds: [any Layer.Type] = [
  ConvolutionLayer.self, BatchNormLayer.self, DropoutLayer.self, ReLULayer.self, MaxPoolLayer.self, ShortcutLayer.self,
  AddLayer.self, LinearLayer.self,
]

/// All update rules, in the order of messages: a new one is a line here.
let updateRules: [any UpdateRule.Type] = [AdamRule.self, MuonRule.self]

extension PipelineSpec {
  private static var vocabulary: SpecVocabulary {
    SpecVocabulary(layers: layerKinds.map { $0 }, optimizers: updateRules.flatMap { $0.forms })
  }

  /// Reads a spec file.
  /// - Throws: `SpecError`, `unreadable` where the file does not exist or cannot be read.
  package init(contentsOf path: String) throws(SpecError) {
    try self.init(contentsOf: path, vocabulary: Self.vocabulary)
  }

  /// Reads the text of a spec file.
  /// - Parameter path: The name of the file in errors.
  package init(yaml: String, path: String) throws(SpecError) {
    try self.init(yaml: yaml, path: path, vocabulary: Self.vocabulary)
  }
}

extension LayerDescription {
  /// Reads a line of a model file; nil for anything but a layer's own text.
  package init?(text: String) {
    guard let layer = makeLayer(text) else { return nil }
    self.init(layer)
  }

  var layer: any Layer {
    guard let layer = makeLayer(text) else { preconditionFailure("a description has a layer's own text") }
    return layer
  }
}

private func makeLayer(_ text: String) -> (any Layer)? {
  guard let item = SpecItem(text: text), let kind = layerKinds.first(where: { $0.word == item.word }),
    let layer = try? kind.init(item), layer.text == text
  else { return nil }
  return layer
}
