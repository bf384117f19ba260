import Kernels
import Specs

/// The start of a residual block: the activation goes both into the block and, unchanged, to the `add` at its end.
struct ShortcutLayer: Layer, BareLayerForm {
  static let word = "shortcut"
  var graphOperator: GraphOperator? { nil }

  func output(after planning: inout Planning) throws(LayerError) -> LayerShape {
    guard planning.openShortcut == nil else { throw planning.error("the shortcut before it has no 'add' yet") }
    let planes = try planning.planes()
    planning.openShortcut = (index: planning.layers.count, planes: planes)
    return .planes(planes)
  }

  /// Does nothing forward; backward it adds the gradients of both paths.
  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) -> Module {
    let (source, lanes, precision) = (builder.output.planes, builder.lanes, builder.precision)
    let gradient = builder.isTraining ? builder.activation(source.shape, gradient: .none) : nil
    builder.shortcut = Shortcut(source: source, gradient: gradient)
    return Module(
      output: .planes(source), forward: [],
      backward: [
        .lanes { lane in
          guard let gradient else { return }
          accumulate(
            gradient.values(lane: lane), into: source.gradient(lane: lane),
            count: lanes.images * source.shape.elementCount, precision: precision)
        }
      ])
  }
}

extension LayerDescription {
  package static var shortcut: LayerDescription { LayerDescription(ShortcutLayer()) }
}

/// The activation that an `add` adds.
struct Shortcut: Sendable {
  let source: Activation
  /// Its values are the gradient from the `add`; nil in inference.
  let gradient: Activation?
}
