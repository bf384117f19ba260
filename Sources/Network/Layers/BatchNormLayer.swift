import Kernels
import Specs

/// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015). Dropout, the sum with a
/// shortcut, ReLU and, where `Fusion.swift` finds one, a max pool run in the same pass over memory.
struct BatchNormLayer: Layer, LayerForm {
  static let word = "batch-norm"
  static let kind = "norm"
  static let takesTail = true

  init(_ item: SpecItem) throws(SpecError) { try item.refuseSettings() }

  fileprivate init() {}

  var text: String { Self.word }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape { .planes(try planning.planes()) }

  func parameters(for input: LayerShape) -> [ParameterDeclaration] {
    let shape = [input.planes.channels]
    return [
      ParameterDeclaration("weight", shape, .scale), ParameterDeclaration("bias", shape, .shift),
      ParameterDeclaration("running_mean", shape, .statistic(initial: 0)),
      ParameterDeclaration("running_var", shape, .statistic(initial: 1)),
    ]
  }

  var graphOperator: GraphOperator? {
    GraphOperator("BatchNormalization", ["epsilon": .float(Float(BatchNorm.epsilon))])
  }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> any Module {
    let input = builder.planes
    let statistics = NormalizationStatistics(pass, shape: input.shape, in: builder)
    let dropout = builder.dropout(rate: pass.tail.dropoutRate)
    if pass.pools {
      return PooledBatchNormModule(
        statistics: statistics, input: input,
        values: builder.activation(input.shape.pooled(by: 2), gradient: .kept), dropout: dropout,
        lanes: builder.lanes, isTraining: builder.isTraining)
    }
    // Only the backward pass reads the input again, and a shortcut that began there: without them the output takes its memory.
    let isReadAgain = builder.isTraining || builder.shortcut?.source === input
    return BatchNormModule(
      statistics: statistics, input: input,
      values: isReadAgain ? builder.activation(input.shape, gradient: .kept) : input,
      shortcut: pass.tail.adds ? builder.takeShortcut() : nil, dropout: dropout, lanes: builder.lanes,
      isTraining: builder.isTraining)
  }
}

extension LayerDescription {
  package static var batchNorm: LayerDescription { LayerDescription(BatchNormLayer()) }
}

private struct BatchNormModule: Module {
  let statistics: NormalizationStatistics
  let input: Activation
  let values: Activation
  let shortcut: ShortcutModule?
  let dropout: Dropout?
  let lanes: Lanes
  let isTraining: Bool

  var output: ModuleOutput { .planes(values) }
  private var norm: BatchNorm { statistics.norm }

  var forward: [Phase] {
    statistics.forward(of: input, lanes: lanes, isTraining: isTraining) + [
      .lanes { lane in
        norm.apply(
          input: input.values(lane: lane), residual: shortcut?.source.values(lane: lane),
          output: values.values(lane: lane), images: lanes.images, dropout: isTraining ? dropout?.mask : nil,
          firstImage: lane.number * lanes.images)
      }
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        norm.sumGradients(
          lane: lane.number, gradient: values.gradient(lane: lane), output: values.values(lane: lane),
          input: input.values(lane: lane), images: lanes.images,
          residualGradient: shortcut.map { .overwrite($0.residualGradient(lane: lane)) }, dropout: dropout?.mask,
          firstImage: lane.number * lanes.images)
      },
      statistics.finishGradients(lanes: lanes),
      .lanes { lane in
        guard input.gradient != nil else { return }
        norm.backward(
          gradient: values.gradient(lane: lane), input: input.values(lane: lane),
          inputGradient: input.gradient(lane: lane), images: lanes.images)
      },
    ]
  }
}
