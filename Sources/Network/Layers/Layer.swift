import Kernels
import Samples
import Specs

/// A kind of layer. Its file has everything about it: settings, output, parameters, cost, ONNX operator, and forward
/// and backward phases.
protocol Layer: LayerForm {
  /// Prefix of its names, such as `conv` of `conv1`.
  static var kind: String { get }
  /// Whether it takes flat features; image planes are flattened before it.
  static var takesFeatures: Bool { get }
  /// Whether dropout, add and relu may follow it in the same pass over memory.
  static var takesTail: Bool { get }
  /// Its rank in the order dropout, add, relu within a pass; nil for a layer that has a pass of its own.
  static var tailOrder: Int? { get }

  /// The shape of its output after the layers of `planning`.
  /// - Throws: `LayerError` where it cannot follow them.
  func output(after planning: inout Planning) throws(LayerError) -> LayerShape

  /// Its parameters, in the order in which its operator and its module take them.
  func parameters(for input: LayerShape) -> [Parameter]

  /// Multiplications and additions for one image, forward.
  func operationCount(from input: LayerShape, to output: LayerShape) -> Int

  /// Its operator in ONNX; nil where inference passes the input on.
  var graphOperator: GraphOperator? { get }

  /// Allocates its memory.
  /// - Parameter pass: The layer, and what runs with it.
  /// - Throws: `KernelError` where the backend has no kernel for it.
  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> Module
}

extension Layer {
  static var kind: String { word }
  static var takesFeatures: Bool { false }
  static var takesTail: Bool { false }
  static var tailOrder: Int? { nil }
  func parameters(for input: LayerShape) -> [Parameter] { [] }
  func operationCount(from input: LayerShape, to output: LayerShape) -> Int { 0 }
}

/// A layer that runs in the pass of the batch norm or linear layer before it.
protocol TailLayer: Layer {}

extension TailLayer {
  func output(after planning: inout Planning) throws(LayerError) -> LayerShape { planning.output }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) -> Module {
    preconditionFailure("it runs in the pass of the layer before it")
  }
}

/// The output of a layer: image planes, or flat features once they are flattened.
enum LayerOutput<Planes: Sendable, Flat: Sendable>: Sendable {
  case planes(Planes)
  case features(Flat)

  /// - Precondition: It has planes.
  var planes: Planes {
    guard case .planes(let planes) = self else { preconditionFailure("a plan has no planes after features") }
    return planes
  }

  /// - Precondition: It has features.
  var features: Flat {
    guard case .features(let features) = self else { preconditionFailure("a plan flattens planes before it") }
    return features
  }
}

/// The shape of a layer's output for one image: a number of features once it is flat.
typealias LayerShape = LayerOutput<PlaneSize, Int>

/// Channels, rows and columns of one image's activation.
struct PlaneSize: Hashable, Sendable, CustomStringConvertible {
  let channels: Int
  let height: Int
  let width: Int
  var count: Int { channels * height * width }
  var description: String { "\(counted(channels, "plane")) of \(width)x\(height)" }
}

/// An ONNX operator. Its inputs are the layer's input, the activation at the shortcut where the layer adds one, and the
/// layer's parameters in their order.
package struct GraphOperator: Sendable {
  package enum Attribute: Sendable {
    case int(Int)
    case ints([Int])
    case float(Float)
  }

  package let name: String
  package var attributes: KeyValuePairs<String, Attribute> = [:]
}
