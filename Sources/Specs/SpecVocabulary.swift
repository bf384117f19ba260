/// The layers and optimizers that a spec can name. Modules above this one define them.
package struct SpecVocabulary: Sendable {
  let layers: [any LayerForm.Type]
  let optimizers: [OptimizerForm]

  package init(layers: [any LayerForm.Type], optimizers: [OptimizerForm]) {
    self.layers = layers
    self.optimizers = optimizers
  }
}

/// An optimizer as a spec names it.
package struct OptimizerForm: Hashable, Sendable {
  package let word: String
  /// Whether `weight_decay` may be above 0.
  package let decaysWeights: Bool

  package init(_ word: String, decaysWeights: Bool = true) {
    self.word = word
    self.decaysWeights = decaysWeights
  }
}
