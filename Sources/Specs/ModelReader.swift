// The keys under `model`; those of the other sections are in SpecReader.swift.

extension ModelSpec {
  enum Key: String, SpecKey { case name, layers }

  private static let layerCountMax = 500

  init(_ mapping: SpecMapping<Key>) throws(SpecError) {
    guard let items = try mapping.items(.layers, of: LayerDescription.Key.self) else {
      self = .named(try mapping.choice(.name, default: .glyphnet))
      return
    }
    try mapping.refuse(.name, allowed: "name or layers, not both")
    guard items.count <= Self.layerCountMax else {
      throw mapping.mismatch(.layers, found: "\(items.count) layers", allowed: "at most \(Self.layerCountMax)")
    }
    var layers: [LayerDescription] = []
    for item in items { layers.append(try LayerDescription(item)) }
    self = .layers(layers, places: items.map { item in item.place })
  }
}

extension LayerDescription {
  /// The kinds of layers, as a spec and a model file name them.
  enum Key: String, SpecKey {
    case convolution
    case batchNorm = "batch-norm"
    case dropout, relu
    case maxPool = "max-pool"
    case shortcut, add, linear
  }

  private enum ConvolutionKey: String, SpecKey { case filters, kernel, stride, bias }
  private enum DropoutKey: String, SpecKey { case rate }
  private enum MaxPoolKey: String, SpecKey { case size }
  private enum LinearKey: String, SpecKey { case units }

  /// The largest share of the values that dropout may take.
  private static let rateMax = 0.99

  fileprivate init(_ item: SpecItem<Key>) throws(SpecError) {
    switch item.word {
    case .convolution:
      let settings = try item.settings(of: ConvolutionKey.self)
      self = .convolution(
        filters: try settings.wholeNumber(.filters, in: 1...Self.filterCountMax),
        kernel: try settings.wholeNumber(.kernel, in: 1...Self.kernelMax, default: 3),
        stride: try settings.wholeNumber(.stride, in: 1...Self.strideMax, default: 1),
        hasBias: try settings.flag(.bias, default: false))
    case .batchNorm: self = try item.bare(.batchNorm)
    case .dropout:
      self = .dropout(
        rate: try item.settings(of: DropoutKey.self).number(.rate, in: 0...Self.rateMax, default: 0.5))
    case .relu: self = try item.bare(.relu)
    case .maxPool:
      self = .maxPool(
        size: try item.settings(of: MaxPoolKey.self).wholeNumber(.size, in: 1...Self.poolSizeMax, default: 2))
    case .shortcut: self = try item.bare(.shortcut)
    case .add: self = try item.bare(.add)
    case .linear:
      self = .linear(units: try item.settings(of: LinearKey.self).wholeNumber(.units, in: 1...Self.unitCountMax))
    }
  }
}
