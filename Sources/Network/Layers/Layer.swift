import Kernels
import Specs

/// A kind of layer. Its file says all that the program knows of it: its settings, what it gives, its parameters, its cost,
/// its operator in ONNX, and its forward and backward phases.
protocol Layer: Sendable {
  /// What its names begin with, such as `conv` of `conv1`.
  static var kind: String { get }
  /// Whether it takes flat features; image planes are then flattened before it.
  static var takesFeatures: Bool { get }
  /// Whether dropout, add and relu may follow it in the same pass over memory.
  static var takesTail: Bool { get }
  /// What it is in the pass of a layer before it; nil where it has a pass of its own.
  var tailPart: TailPart? { get }

  /// What it gives after the layers of `planning`.
  /// - Throws: `LayerMisfit` where it cannot follow them.
  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape

  /// Its parameters, in the order in which its operator and its module take them.
  func parameters(for input: LayerShape) -> [ParameterDeclaration]

  /// Multiplications and additions for one image, forward.
  func operationCount(from input: LayerShape, to output: LayerShape) -> Int

  /// What computes it in an ONNX graph; nil where inference passes its input on.
  var graphOperator: GraphOperator? { get }

  /// Allocates its memory.
  /// - Parameter pass: The layer, and what runs with it.
  /// - Throws: `KernelError` where the backend has no kernel for it.
  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> Module
}

extension Layer {
  static var takesFeatures: Bool { false }
  static var takesTail: Bool { false }
  var tailPart: TailPart? { nil }
  func parameters(for input: LayerShape) -> [ParameterDeclaration] { [] }
  func operationCount(from input: LayerShape, to output: LayerShape) -> Int { 0 }
}

extension Layer where Self: LayerForm {
  static var kind: String { word }
}

/// A layer that runs in the pass of the layer before it.
protocol TailLayer: Layer {}

extension TailLayer {
  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape { planning.output }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) -> Module {
    preconditionFailure("it runs in the pass of the layer before it")
  }
}

/// What a layer gives for one image.
enum LayerShape: Hashable, Sendable {
  case planes(PlaneSize)
  case features(Int)

  /// - Precondition: It has planes.
  var planes: PlaneSize {
    guard case .planes(let planes) = self else { preconditionFailure("a plan has no planes after features") }
    return planes
  }

  /// - Precondition: It has features.
  var featureCount: Int {
    guard case .features(let count) = self else { preconditionFailure("a plan flattens planes before it") }
    return count
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

/// An operator of ONNX. It takes the layer's input, then, where the layer adds a shortcut, what that kept, then the layer's
/// parameters in their order.
package struct GraphOperator: Sendable {
  package enum Attribute: Sendable {
    case int(Int)
    case ints([Int])
    case float(Float)
  }

  package let name: String
  package let attributes: KeyValuePairs<String, Attribute>

  init(_ name: String, _ attributes: KeyValuePairs<String, Attribute> = [:]) {
    self.name = name
    self.attributes = attributes
  }
}
