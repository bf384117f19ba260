import Kernels
import Specs

/// The start of a residual block: the activation goes both into the block and, unchanged, to the `add` at its end.
struct ShortcutLayer: Layer, BareLayerForm {
  static let word = "shortcut"
  var graphOperator: GraphOperator? { nil }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    guard planning.openShortcut == nil else { throw .layer("the shortcut before it has no 'add' yet") }
    let planes = try planning.planes()
    planning.openShortcut = OpenShortcut(index: planning.layers.count, planes: planes)
    return .planes(planes)
  }

  /// Does nothing forward; backward it adds the gradients of both paths.
  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) -> Module {
    let (source, lanes, precision) = (builder.planes, builder.lanes, builder.precision)
    let residual = builder.isTraining ? builder.activation(source.shape, gradient: .none) : nil
    let shortcut = Shortcut(source: source, residual: residual)
    builder.shortcut = shortcut
    return Module(
      output: .planes(source), forward: [],
      backward: [
        .lanes { lane in
          accumulate(
            shortcut.gradient(lane: lane), into: source.gradient(lane: lane),
            count: lanes.images * source.shape.elementCount, precision: precision)
        }
      ])
  }
}

extension LayerDescription {
  package static var shortcut: LayerDescription { LayerDescription(ShortcutLayer()) }
}

/// The activation that an `add` adds, and its gradient.
struct Shortcut: Sendable {
  let source: Activation
  /// Its values are the gradient from the `add`; nil in inference.
  fileprivate let residual: Activation?

  func gradient(lane: Lane) -> UnsafeMutableRawPointer {
    guard let residual else { preconditionFailure("inference has no gradients") }
    return residual.values(lane: lane)
  }
}
