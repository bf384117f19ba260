/// A kind of layer in specs and model files: a word and its settings.
package protocol LayerForm: Sendable {
  static var word: String { get }

  /// - Throws: `SpecError` where a setting is missing, unknown or out of its range.
  init(_ item: SpecItem) throws(SpecError)

  /// The word and every setting, defaults included, such as `convolution filters=32 kernel=5 stride=2 bias=false`.
  /// Equal layers have equal texts.
  var text: String { get }
}

/// A layer without settings.
package protocol BareLayerForm: LayerForm {
  init()
}

extension BareLayerForm {
  package init(_ item: SpecItem) throws(SpecError) {
    try item.refuseSettings()
    self.init()
  }

  package var text: String { Self.word }
}

/// One layer of a model as text, as pipeline stages hash it and model files store it.
package struct LayerDescription: Hashable, Sendable {
  package let text: String

  package init(_ layer: some LayerForm) { text = layer.text }
}
