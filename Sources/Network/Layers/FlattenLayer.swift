import Kernels

/// Image planes to flat 32-bit features in the order channel, row, column, which is the order of the weights of a linear
/// layer whatever order the kernels keep the planes in. The plan puts it before the first layer that takes features.
struct FlattenLayer: Layer {
  static let kind = "flatten"

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    .features(try planning.planes().count)
  }

  var graphOperator: GraphOperator? { GraphOperator("Flatten", ["axis": .int(1)]) }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> any Module {
    let input = builder.planes
    return FlattenModule(
      flatten: Flatten(shape: input.shape, precision: builder.precision), input: input,
      values: builder.features(count: pass.layer.output.featureCount), lanes: builder.lanes)
  }
}

private struct FlattenModule: Module {
  let flatten: Flatten
  let input: Activation
  let values: Features
  let lanes: Lanes

  var output: ModuleOutput { .features(values) }

  var forward: [Phase] {
    [
      .lanes { lane in
        flatten.forward(input: input.values(lane: lane), output: values.values(lane: lane), images: lanes.images)
      }
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        guard input.gradient != nil else { return }
        flatten.backward(
          outputGradient: values.gradient(lane: lane), inputGradient: input.gradient(lane: lane), images: lanes.images)
      }
    ]
  }
}
