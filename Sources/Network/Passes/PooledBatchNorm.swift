import Kernels

extension BatchNormLayer {
  /// Batch norm with dropout, ReLU and the max pool of 2 x 2 windows that follow it, in the same pass over memory.
  func pooledModule(
    _ statistics: NormalizationStatistics, _ input: Activation, _ dropout: Dropout?, in builder: ModuleBuilder
  ) -> Module {
    let (norm, lanes) = (statistics.norm, builder.lanes)
    let output = builder.activation(norm.pooledShape, gradient: .kept)
    let winners = builder.isTraining ? Winners(of: norm, in: builder) : nil
    let dropoutScale = dropout?.mask.scale ?? 1
    let forward =
      statistics.forward(of: input, lanes: lanes, isTraining: builder.isTraining) + [
        .lanes { lane in
          norm.applyAndPool(
            input: input.values(lane: lane), output: output.values(lane: lane), winners: winners?.of(lane),
            images: lanes.images, dropout: dropout?.mask, firstImage: lane.number * lanes.images)
        }
      ]
    guard let winners else { return Module(output: .planes(output), forward: forward, backward: []) }
    return Module(
      output: .planes(output), forward: forward,
      backward: [
        .lanes { lane in
          norm.sumPooledGradients(
            lane: lane.number, gradient: output.gradient(lane: lane), winners: winners.of(lane), images: lanes.images,
            dropoutScale: dropoutScale)
        },
        statistics.finishGradients(lanes: lanes),
        .lanes { lane in
          guard input.gradient != nil else { return }
          norm.backwardFromPool(
            gradient: output.gradient(lane: lane), winners: winners.of(lane), input: input.values(lane: lane),
            inputGradient: input.gradient(lane: lane), images: lanes.images, dropoutScale: dropoutScale)
        },
      ])
  }
}

/// `BatchNorm.Winners` of all images: what the backward pass needs from the forward pass.
private struct Winners: Sendable {
  private let choices: AlignedBuffer
  private let inputs: Activation
  private let laneWordCount: Int

  init(of norm: BatchNorm, in builder: ModuleBuilder) {
    laneWordCount = builder.lanes.images * norm.winnerWordCount
    choices = AlignedBuffer(UInt32.self, count: builder.lanes.slotCount * laneWordCount)
    inputs = builder.activation(norm.pooledShape, gradient: .none)
  }

  func of(_ lane: Lane) -> BatchNorm.Winners {
    BatchNorm.Winners(
      choices: choices.pointer(to: UInt32.self) + lane.slot * laneWordCount, inputs: inputs.values(lane: lane))
  }
}
