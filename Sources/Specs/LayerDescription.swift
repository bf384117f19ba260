/// One layer of a model, as it is written in a model file: a word and its settings, such as
/// `convolution filters=32 kernel=5 stride=2`.
package enum LayerDescription: Hashable, Sendable {
  /// A square kernel with padding `kernel / 2` on every side.
  case convolution(filters: Int, kernel: Int, stride: Int, hasBias: Bool)
  /// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015).
  case batchNorm
  /// Sets a share of the values to zero while training and scales the others up to keep the mean.
  case dropout(rate: Double)
  case relu
  /// The largest of each square window; windows touch and do not overlap.
  case maxPool(size: Int)
  /// Keeps the current activation for the next `add`.
  case shortcut
  /// Adds what `shortcut` kept (He et al. 2016).
  case add
  /// Every input to every unit; the first one flattens its input in the order channel, row, column.
  case linear(units: Int)

  static let filterCountMax = 4096
  static let kernelMax = 31
  static let strideMax = 16
  static let poolSizeMax = 16
  static let unitCountMax = 1 << 20

  package var text: String {
    switch self {
    case .convolution(let filters, let kernel, let stride, let hasBias):
      "convolution filters=\(filters) kernel=\(kernel) stride=\(stride) bias=\(hasBias)"
    case .batchNorm: "batch-norm"
    case .dropout(let rate): "dropout rate=\(rate)"
    case .relu: "relu"
    case .maxPool(let size): "max-pool size=\(size)"
    case .shortcut: "shortcut"
    case .add: "add"
    case .linear(let units): "linear units=\(units)"
    }
  }

  /// Reads the form that `text` writes; nil for anything else.
  package init?(text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard let kind = words.first else { return nil }
    var settings: [Substring: Substring] = [:]
    for word in words.dropFirst() {
      let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, settings.updateValue(sides[1], forKey: sides[0]) == nil else { return nil }
    }
    func number(_ key: Substring, atMost limit: Int) -> Int? {
      guard let value = settings[key].flatMap({ Int($0) }), (1...limit).contains(value) else { return nil }
      return value
    }
    switch (kind, settings.count) {
    case ("convolution", 4):
      guard let filters = number("filters", atMost: Self.filterCountMax),
        let kernel = number("kernel", atMost: Self.kernelMax),
        let stride = number("stride", atMost: Self.strideMax),
        let hasBias = settings["bias"].flatMap({ Bool(String($0)) })
      else { return nil }
      self = .convolution(filters: filters, kernel: kernel, stride: stride, hasBias: hasBias)
    case ("batch-norm", 0): self = .batchNorm
    case ("dropout", 1):
      guard let rate = settings["rate"].flatMap({ Double($0) }), rate >= 0 && rate < 1 else { return nil }
      self = .dropout(rate: rate)
    case ("relu", 0): self = .relu
    case ("max-pool", 1):
      guard let size = number("size", atMost: Self.poolSizeMax) else { return nil }
      self = .maxPool(size: size)
    case ("shortcut", 0): self = .shortcut
    case ("add", 0): self = .add
    case ("linear", 1):
      guard let units = number("units", atMost: Self.unitCountMax) else { return nil }
      self = .linear(units: units)
    default: return nil
    }
  }
}
