import Samples
import Specs

/// A layer with its name and shapes.
package struct PlannedLayer: Sendable {
  let layer: any Layer
  /// Its kind, with a number where it has parameters: `conv1`, `max-pool`. Its parameters' names begin with it.
  package let name: String
  let input: LayerShape
  let output: LayerShape
  package let parameters: [Parameter]
  /// Index in the plan of the shortcut that it adds.
  package let shortcutIndex: Int?
  /// Its number in the model's list, from 1.
  let number: Int

  package var graphOperator: GraphOperator? { layer.graphOperator }
}

/// The layers of a model, each checked against those before it.
package struct NetworkPlan: Sendable {
  package let layers: [PlannedLayer]

  /// - Throws: `LayerError` where a layer does not fit the one before it.
  package init(_ description: ModelDescription) throws(LayerError) {
    var planning = Planning(description)
    for (index, layer) in description.layers.enumerated() { try planning.append(layer.layer, number: index + 1) }
    layers = planning.layers
    guard layers.last?.layer is LinearLayer, planning.output.features == description.logitCount else {
      throw LayerError(
        number: description.layers.count, layer: description.layers.last ?? .shortcut,
        reason:
          "the last layer must be linear with \(description.logitCount) units, one for each class at each position")
    }
  }

  /// Multiplications and additions for one image, forward.
  package var operationCount: Int { layers.reduce(0) { $0 + $1.layer.operationCount(from: $1.input, to: $1.output) } }
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
  /// The shortcut that no `add` has closed yet, with its index in the plan.
  var openShortcut: (index: Int, planes: PlaneSize)?
  private var counts: [String: Int] = [:]
  private let descriptions: [LayerDescription]
  /// The number of the layer that is being planned, from 1.
  private var number = 0

  init(_ model: ModelDescription) {
    descriptions = model.layers
    output = .planes(
      PlaneSize(channels: model.input.format.rawValue, height: model.input.height, width: model.input.width))
  }

  /// The image planes that the last layer outputs.
  /// - Throws: `LayerError` where it outputs features, or planes smaller than a window of `size`.
  func planes(atLeast size: Int = 1) throws(LayerError) -> PlaneSize {
    guard case .planes(let planes) = output else { throw error("it needs image planes, but follows a linear layer") }
    guard planes.height >= size && planes.width >= size else {
      throw error("its input of \(planes.width)x\(planes.height) is smaller than its window")
    }
    return planes
  }

  /// An error of the layer that is being planned.
  func error(_ reason: String) -> LayerError {
    LayerError(number: number, layer: descriptions[number - 1], reason: reason)
  }

  /// An error of the batch norm or linear layer in whose pass that layer runs.
  func headError(_ reason: String) -> LayerError {
    let head = layers.last { type(of: $0.layer).tailOrder == nil }?.number ?? number
    return LayerError(number: head, layer: descriptions[head - 1], reason: reason)
  }

  /// - Throws: `LayerError` where the layer cannot follow those so far.
  mutating func append(_ layer: any Layer, number: Int) throws(LayerError) {
    self.number = number
    if let order = type(of: layer).tailOrder {
      let last = layers.last.map { type(of: $0.layer) }
      guard let last, last.tailOrder.map({ $0 < order }) ?? last.takesTail else {
        throw error("it must follow a batch-norm or a linear layer, in the order dropout, add, relu")
      }
    }
    if type(of: layer).takesFeatures, case .planes = output { try append(FlattenLayer(), number: number) }
    let (input, shortcut) = (output, openShortcut)
    let output = try layer.output(after: &self)
    var parameters = layer.parameters(for: input)
    if let count = parameters.map(\.count).first(where: { $0 > Self.weightCountMax }) {
      throw error("it has \(count) weights; at most \(Self.weightCountMax) are possible")
    }
    if case .planes(let planes) = output, planes.count > Self.planeCountMax {
      throw error("its output has \(planes.count) values an image; at most \(Self.planeCountMax) are possible")
    }
    var name = type(of: layer).kind
    if !parameters.isEmpty {
      counts[name, default: 0] += 1
      name += String(counts[name, default: 0])
    }
    for index in parameters.indices { parameters[index].name = "\(name).\(parameters[index].name)" }
    layers.append(
      PlannedLayer(
        layer: layer, name: name, input: input, output: output, parameters: parameters,
        shortcutIndex: openShortcut == nil ? shortcut?.index : nil, number: number))
    self.output = output
  }
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
