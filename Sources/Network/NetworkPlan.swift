import Kernels
import Specs

/// The layers of a model with their sizes worked out, and with neighbours that run as one pass over memory put together.
package struct NetworkPlan: Sendable {
  enum Stage: Sendable {
    case convolution(name: String, ConvolutionGeometry)
    /// Batch norm, with what follows it: dropout, the sum with the kept activation, ReLU.
    case normalization(name: String, PlaneSize, dropout: Double, addsShortcut: Bool, hasRelu: Bool)
    /// Batch norm with dropout, ReLU and the max pool of 2 x 2 windows that follow it.
    case pooledNormalization(name: String, PlaneSize, dropout: Double, hasRelu: Bool)
    case maxPool(input: PlaneSize, size: Int)
    case shortcut
    case flatten(PlaneSize)
    case linear(name: String, inputs: Int, units: Int, dropout: Double, hasRelu: Bool)

    /// As parameters begin with it; of a stage without parameters, its kind.
    var name: String {
      switch self {
      case .convolution(let name, _), .normalization(let name, _, _, _, _), .pooledNormalization(let name, _, _, _),
        .linear(let name, _, _, _, _):
        name
      case .maxPool: "max-pool"
      case .shortcut: "shortcut"
      case .flatten: "flatten"
      }
    }
  }

  /// Channels, rows and columns of one image's activation.
  struct PlaneSize: Hashable, Sendable {
    let channels: Int
    let height: Int
    let width: Int
    var count: Int { channels * height * width }

    func pooled(by size: Int) -> PlaneSize {
      PlaneSize(channels: channels, height: height / size, width: width / size)
    }
  }

  /// The most values of one activation of one image: 128 MiB of them.
  private static let planeCountMax = 1 << 25
  /// The most learned numbers of one layer: 4 GiB of them.
  private static let weightCountMax = 1 << 30

  private(set) var stages: [Stage] = []
  /// Names, shapes and roles of all parameters, in the order of the layers.
  private(set) var declarations: [(name: String, shape: [Int], role: Parameter.Role)] = []
  /// Multiplications and additions of the convolutions and linear layers, forward, for one image.
  package private(set) var operationCount = 0
  /// Values of the largest activation that a convolution gives for one image; 0 without convolutions.
  private(set) var largestPlaneCount = 0
  /// Output channels of every convolution.
  package var filters: [Int] {
    stages.compactMap { stage in
      if case .convolution(_, let geometry) = stage { geometry.outputChannels } else { nil }
    }
  }

  /// - Throws: `LayerError` where a layer does not fit the one before it.
  package init(_ description: ModelDescription) throws(LayerError) {
    let input = description.input
    var plane: PlaneSize? = PlaneSize(channels: input.format.rawValue, height: input.height, width: input.width)
    var features = 0
    var kept: PlaneSize?
    var counts: [String: Int] = [:]
    func numbered(_ kind: String) -> String {
      counts[kind, default: 0] += 1
      return kind + String(counts[kind, default: 0])
    }
    var rest = description.layers[...]
    while let layer = rest.first {
      let number = rest.startIndex + 1
      func misfit(_ reason: String) -> LayerError { LayerError(number: number, layer: layer, reason: reason) }
      func currentPlane() throws(LayerError) -> PlaneSize {
        guard let plane else { throw misfit("it needs an image plane, and a linear layer came before it") }
        return plane
      }
      func checkWeightCount(_ count: Int) throws(LayerError) {
        guard count <= Self.weightCountMax else {
          throw misfit("it has \(count) weights; at most \(Self.weightCountMax) are possible")
        }
      }
      rest = rest.dropFirst()
      switch layer {
      case .convolution(let filters, let kernel, let stride, let hasBias):
        let input = try currentPlane()
        let geometry = ConvolutionGeometry(
          inputChannels: input.channels, outputChannels: filters, kernel: kernel, stride: stride, padding: kernel / 2,
          hasBias: hasBias, inputHeight: input.height, inputWidth: input.width)
        let name = numbered("conv")
        let fanIn = input.channels * kernel * kernel
        try checkWeightCount(fanIn * filters)
        declarations.append(
          (name + ".weight", [filters, input.channels, kernel, kernel], .weight(fanIn: fanIn, decays: true)))
        if hasBias { declarations.append((name + ".bias", [filters], .weight(fanIn: fanIn, decays: false))) }
        stages.append(.convolution(name: name, geometry))
        let output = PlaneSize(channels: filters, height: geometry.outputHeight, width: geometry.outputWidth)
        guard output.count <= Self.planeCountMax else {
          throw misfit("it gives \(output.count) values for an image; at most \(Self.planeCountMax) are possible")
        }
        operationCount += 2 * output.count * fanIn
        largestPlaneCount = max(largestPlaneCount, output.count)
        plane = output
      case .batchNorm:
        let size = try currentPlane()
        let tail = Self.takeTail(&rest)
        if tail.adds {
          guard let source = kept else { throw misfit("'add' follows it, and no 'shortcut' is open") }
          guard source == size else {
            throw misfit("'add' follows it, and the shortcut kept \(source) where this layer gives \(size)")
          }
          kept = nil
        }
        let name = numbered("norm")
        declarations.append((name + ".weight", [size.channels], .constant(1)))
        declarations.append((name + ".bias", [size.channels], .constant(0)))
        declarations.append((name + ".running_mean", [size.channels], .statistic(0)))
        declarations.append((name + ".running_var", [size.channels], .statistic(1)))
        if Self.takePool(&rest, of: size, after: tail) {
          stages.append(.pooledNormalization(name: name, size, dropout: tail.dropout, hasRelu: tail.hasRelu))
          plane = size.pooled(by: 2)
        } else {
          stages.append(
            .normalization(name: name, size, dropout: tail.dropout, addsShortcut: tail.adds, hasRelu: tail.hasRelu))
        }
      case .maxPool(let size):
        let input = try currentPlane()
        guard input.height >= size && input.width >= size else {
          throw misfit("the plane of \(input.width)x\(input.height) is smaller than the window")
        }
        stages.append(.maxPool(input: input, size: size))
        plane = input.pooled(by: size)
      case .shortcut:
        guard kept == nil else { throw misfit("the shortcut before it has no 'add' yet") }
        kept = try currentPlane()
        stages.append(.shortcut)
      case .linear(let units):
        if let size = plane {
          stages.append(.flatten(size))
          features = size.count
          plane = nil
        }
        guard kept == nil else { throw misfit("a shortcut is still open") }
        try checkWeightCount(features * units)
        let name = numbered("linear")
        declarations.append((name + ".weight", [units, features], .weight(fanIn: features, decays: true)))
        declarations.append((name + ".bias", [units], .weight(fanIn: features, decays: false)))
        let tail = Self.takeTail(&rest)
        guard !tail.adds else { throw misfit("'add' must follow a batch-norm") }
        stages.append(
          .linear(name: name, inputs: features, units: units, dropout: tail.dropout, hasRelu: tail.hasRelu))
        operationCount += 2 * features * units
        features = units
      case .dropout, .relu, .add:
        throw misfit("it must follow a batch-norm or a linear layer, in the order dropout, add, relu")
      }
    }
    guard plane == nil, features == description.logitCount, case .linear = description.layers.last else {
      throw LayerError(
        number: description.layers.count, layer: description.layers.last ?? .shortcut,
        reason:
          "the last layer must be linear with \(description.logitCount) units, one for each class at each position")
    }
  }

  /// What runs in the same pass as the layer before it.
  private struct Tail {
    var dropout = 0.0
    var adds = false
    var hasRelu = false
  }

  /// Takes the layers that run in the same pass as the one before them: dropout, then add, then relu, each optional.
  private static func takeTail(_ rest: inout ArraySlice<LayerDescription>) -> Tail {
    var tail = Tail()
    if case .dropout(let rate) = rest.first {
      tail.dropout = rate
      rest = rest.dropFirst()
    }
    if case .add = rest.first {
      tail.adds = true
      rest = rest.dropFirst()
    }
    if case .relu = rest.first {
      tail.hasRelu = true
      rest = rest.dropFirst()
    }
    return tail
  }

  /// Takes a max pool that runs in the same pass as the batch norm before it, where there is one that can.
  private static func takePool(
    _ rest: inout ArraySlice<LayerDescription>, of plane: PlaneSize, after tail: Tail
  ) -> Bool {
    guard rest.first == .maxPool(size: 2), plane.height >= 2 && plane.width >= 2, !tail.adds,
      tail.hasRelu || tail.dropout == 0
    else { return false }
    rest = rest.dropFirst()
    return true
  }
}

/// A layer that cannot stand where it stands.
package struct LayerError: Error, Equatable, CustomStringConvertible {
  /// Its place in the list, from 1.
  package let number: Int
  package let layer: LayerDescription
  package let reason: String
  /// Where the layer stands in the spec file; nil where it is in none.
  package var place: SpecPlace?

  package var description: String {
    (place.map { "\($0): " } ?? "") + "layer \(number) (\(layer.text)): \(reason)"
  }
}
