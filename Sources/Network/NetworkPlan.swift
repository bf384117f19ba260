import Samples
import Specs

/// A layer with its name and shapes.
package struct PlannedLayer: Sendable {
  let layer: any Layer
  /// Its kind, with a number where it has parameters: `conv1`, `max-pool`. Its parameters' names begin with it.
  package let name: String
  let input: LayerShape
  let output: LayerShape
  package let parameters: [ParameterDeclaration]
  /// Index in the plan of the shortcut that it adds.
  package let shortcutIndex: Int?
  /// Its number in the model's list, from 1.
  let number: Int

  package var graphOperator: GraphOperator? { layer.graphOperator }
  var operationCount: Int { layer.operationCount(from: input, to: output) }
}

/// The layers of a model, each checked against those before it.
package struct NetworkPlan: Sendable {
  package let layers: [PlannedLayer]

  /// - Throws: `LayerError` where a layer does not fit the one before it.
  package init(_ description: ModelDescription) throws(LayerError) {
    var planning = Planning(description.input)
    for (index, layer) in description.layers.enumerated() {
      do throws(LayerMisfit) {
        try planning.append(layer.layer, number: index + 1)
      } catch {
        let number = error.isOfHead ? planning.headNumber : index + 1
        throw LayerError(number: number, layer: description.layers[number - 1], reason: error.reason)
      }
    }
    layers = planning.layers
    guard planning.output == .features(description.logitCount), layers.last?.layer is LinearLayer else {
      throw LayerError(
        number: description.layers.count, layer: description.layers.last ?? .shortcut,
        reason:
          "the last layer must be linear with \(description.logitCount) units, one for each class at each position")
    }
  }

  /// Multiplications and additions for one image, forward.
  package var operationCount: Int { layers.reduce(0) { $0 + $1.operationCount } }
}

/// A plan in the making: the layers so far, which the next one must fit.
struct Planning {
  /// The most values of one activation of one image: 128 MiB of them.
  private static let planeCountMax = 1 << 25
  /// The most values of one parameter: 4 GiB of them.
  private static let weightCountMax = 1 << 30

  private(set) var layers: [PlannedLayer] = []
  /// The shape of the last layer's output.
  private(set) var output: LayerShape
  /// nil where no shortcut is open.
  var openShortcut: OpenShortcut?
  private var counts: [String: Int] = [:]

  init(_ input: Geometry) {
    output = .planes(PlaneSize(channels: input.format.rawValue, height: input.height, width: input.width))
  }

  /// The image planes that the last layer outputs.
  /// - Throws: `LayerMisfit` where it outputs features, or planes smaller than a window of `size`.
  func planes(atLeast size: Int = 1) throws(LayerMisfit) -> PlaneSize {
    guard case .planes(let planes) = output else {
      throw .layer("it needs image planes, but follows a linear layer")
    }
    guard planes.height >= size && planes.width >= size else {
      throw .layer("the plane of \(planes.width)x\(planes.height) is smaller than the window")
    }
    return planes
  }

  /// The number of the layer whose pass the last layers run in.
  var headNumber: Int { layers.last { $0.layer.tailPart == nil }?.number ?? 0 }

  /// - Throws: `LayerMisfit` where the layer cannot follow those so far.
  mutating func append(_ layer: any Layer, number: Int) throws(LayerMisfit) {
    if let part = layer.tailPart {
      guard let last = layers.last?.layer, part.follows(last) else {
        throw .layer("it must follow a batch-norm or a linear layer, in the order dropout, add, relu")
      }
    }
    if type(of: layer).takesFeatures, case .planes = output { try append(FlattenLayer(), number: number) }
    let (input, shortcut) = (output, openShortcut)
    let output = try layer.output(after: &self)
    let parameters = layer.parameters(for: input)
    if let count = parameters.map(\.count).first(where: { $0 > Self.weightCountMax }) {
      throw .layer("it has \(count) weights; at most \(Self.weightCountMax) are possible")
    }
    if case .planes(let planes) = output, planes.count > Self.planeCountMax {
      throw .layer("its output has \(planes.count) values an image; at most \(Self.planeCountMax) are possible")
    }
    var name = type(of: layer).kind
    if !parameters.isEmpty {
      counts[name, default: 0] += 1
      name += String(counts[name, default: 0])
    }
    layers.append(
      PlannedLayer(
        layer: layer, name: name, input: input, output: output, parameters: parameters.map { $0.named(after: name) },
        shortcutIndex: openShortcut == nil ? shortcut?.index : nil, number: number))
    self.output = output
  }
}

/// A shortcut that no `add` has closed yet.
struct OpenShortcut {
  /// Index of the shortcut in the plan.
  let index: Int
  let planes: PlaneSize
}

/// Why a layer cannot follow those before it.
struct LayerMisfit: Error {
  let reason: String
  /// Whether the error belongs to the layer whose pass this one runs in.
  let isOfHead: Bool

  static func layer(_ reason: String) -> LayerMisfit { LayerMisfit(reason: reason, isOfHead: false) }
  static func head(_ reason: String) -> LayerMisfit { LayerMisfit(reason: reason, isOfHead: true) }
}

/// A layer that cannot follow those before it.
package struct LayerError: Error, Equatable, CustomStringConvertible {
  /// Its number in the list, from 1.
  package let number: Int
  package let layer: LayerDescription
  package let reason: String
  /// The layer's location in the spec file; nil where it is in none.
  package var place: SpecPlace?

  package var description: String {
    (place.map { "\($0): " } ?? "") + "layer \(number) (\(layer.text)): \(reason)"
  }
}
