// The keys under `model`. Other sections are in SpecReader.swift, a layer's settings in the layer's own file.

extension ModelSpec {
  enum Key: String, SpecKey { case name, layers }

  private static let layerCountMax = 500

  /// - Parameter kinds: All kinds of layer.
  init(_ mapping: SpecMapping<Key>, layers kinds: [any LayerForm.Type]) throws(SpecError) {
    guard let items = try mapping.items(.layers, words: kinds.map { kind in kind.word }) else {
      self = .named(try mapping.choice(.name, default: .glyphnet))
      return
    }
    try mapping.refuse(.name, allowed: "name or layers, not both")
    guard items.count <= Self.layerCountMax else {
      throw mapping.mismatch(.layers, found: "\(items.count) layers", allowed: "at most \(Self.layerCountMax)")
    }
    var layers: [Located<LayerDescription>] = []
    for item in items {
      for kind in kinds where kind.word == item.word {
        layers.append(Located(LayerDescription(try kind.init(item)), at: item.place))
      }
    }
    self = .layers(layers)
  }
}
