import Kernels
import Specs

/// Turns image planes into flat 32-bit features in the order channel, row, column. A linear layer's weights have this
/// order, however the kernels store planes. The plan puts it before the first layer that takes features; no spec lists it.
struct FlattenLayer: Layer, BareLayerForm {
  static let word = "flatten"
  var graphOperator: GraphOperator? { GraphOperator(name: "Flatten", attributes: ["axis": .int(1)]) }

  func output(after planning: inout Planning) throws(LayerError) -> LayerShape {
    .features(try planning.planes().count)
  }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) -> Module {
    let (input, lanes) = (builder.output.planes, builder.lanes)
    let flatten = Flatten(shape: input.shape, precision: builder.precision)
    let output = builder.features(count: pass.layer.output.features)
    return Module(
      output: .features(output),
      forward: [
        .lanes { lane in
          flatten.forward(input: input.values(lane: lane), output: output.values(lane: lane), images: lanes.images)
        }
      ],
      backward: [
        .lanes { lane in
          guard input.gradient != nil else { return }
          flatten.backward(
            outputGradient: output.gradient(lane: lane), inputGradient: input.gradient(lane: lane),
            images: lanes.images)
        }
      ])
  }
}
