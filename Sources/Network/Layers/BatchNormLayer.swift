import Kernels
import Specs

/// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015). Dropout, the sum with a
/// shortcut, ReLU and, where `fuse` says so, a max pool run in the same pass over memory.
struct BatchNormLayer: Layer, BareLayerForm {
  static let word = "batch-norm"
  static let kind = "norm"
  static let takesTail = true

  func output(after planning: inout Planning) throws(LayerError) -> LayerShape { .planes(try planning.planes()) }

  func parameters(for input: LayerShape) -> [Parameter] {
    let shape = [input.planes.channels]
    return [
      Parameter("weight", shape, .normalization, initialValue: 1), Parameter("bias", shape, .normalization),
      Parameter("running_mean", shape, .statistic), Parameter("running_var", shape, .statistic, initialValue: 1),
    ]
  }

  var graphOperator: GraphOperator? {
    GraphOperator(name: "BatchNormalization", attributes: ["epsilon": .float(Float(BatchNorm.epsilon))])
  }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) -> Module {
    let (input, lanes, isTraining) = (builder.output.planes, builder.lanes, builder.isTraining)
    let statistics = NormalizationStatistics(pass, shape: input.shape, in: builder)
    let dropout = builder.dropout(rate: pass.dropoutRate)
    if pass.pools { return pooledModule(statistics, input, dropout, in: builder) }
    // Only the backward pass and a shortcut from the input read it again; without them the output overwrites it.
    let isReadAgain = isTraining || builder.shortcut?.source === input
    let output = isReadAgain ? builder.activation(input.shape, gradient: .kept) : input
    let shortcut = pass.adds ? builder.takeShortcut() : nil
    let norm = statistics.norm
    return Module(
      output: .planes(output),
      forward: statistics.forward(of: input, lanes: lanes, isTraining: isTraining) + [
        .lanes { lane in
          norm.apply(
            input: input.values(lane: lane), residual: shortcut?.source.values(lane: lane),
            output: output.values(lane: lane), images: lanes.images, dropout: dropout?.mask,
            firstImage: lane.number * lanes.images)
        }
      ],
      backward: [
        .lanes { lane in
          norm.sumGradients(
            lane: lane.number, gradient: output.gradient(lane: lane), output: output.values(lane: lane),
            input: input.values(lane: lane), images: lanes.images,
            residualGradient: shortcut?.gradient?.values(lane: lane), dropout: dropout?.mask,
            firstImage: lane.number * lanes.images)
        },
        statistics.finishGradients(lanes: lanes),
        .lanes { lane in
          guard input.gradient != nil else { return }
          norm.backward(
            gradient: output.gradient(lane: lane), input: input.values(lane: lane),
            inputGradient: input.gradient(lane: lane), images: lanes.images)
        },
      ])
  }
}

extension LayerDescription {
  package static var batchNorm: LayerDescription { LayerDescription(BatchNormLayer()) }
}
