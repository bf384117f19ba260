import Kernels
import Specs

/// Where a residual block begins: the activation goes both into the block and, unchanged, to the `add` at its end.
struct ShortcutLayer: Layer, LayerForm {
  static let word = "shortcut"

  init(_ item: SpecItem) throws(SpecError) { try item.refuseSettings() }

  fileprivate init() {}

  var text: String { Self.word }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    guard planning.openShortcut == nil else { throw .layer("the shortcut before it has no 'add' yet") }
    let planes = try planning.planes()
    planning.openShortcut = OpenShortcut(index: planning.layers.count, planes: planes)
    return .planes(planes)
  }

  var graphOperator: GraphOperator? { nil }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> any Module {
    let source = builder.planes
    let module = ShortcutModule(
      source: source, residual: builder.isTraining ? builder.activation(source.shape, gradient: .none) : nil,
      precision: builder.precision, lanes: builder.lanes)
    builder.open(module)
    return module
  }
}

extension LayerDescription {
  package static var shortcut: LayerDescription { LayerDescription(ShortcutLayer()) }
}

/// Forward there is nothing to do; backward the gradients of both ways are added.
struct ShortcutModule: Module {
  let source: Activation
  /// The gradient from the sum at the end of the block; nil in inference.
  let residual: Activation?
  let precision: Precision
  let lanes: Lanes

  var output: ModuleOutput { .planes(source) }

  func residualGradient(lane: Lane) -> UnsafeMutableRawPointer {
    guard let residual else { preconditionFailure("inference has no gradients") }
    return residual.values(lane: lane)
  }

  var forward: [Phase] { [] }

  var backward: [Phase] {
    [
      .lanes { lane in
        accumulate(
          residualGradient(lane: lane), into: source.gradient(lane: lane),
          count: lanes.images * source.shape.elementCount, precision: precision)
      }
    ]
  }
}
