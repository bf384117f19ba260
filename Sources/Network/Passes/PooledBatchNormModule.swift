import Kernels

/// Batch norm with dropout, ReLU and the max pool of 2 x 2 windows that follow it, in the same pass over memory.
struct PooledBatchNormModule: Module {
  private let statistics: NormalizationStatistics
  private let input: Activation
  private let values: Activation
  private let dropout: Dropout?
  private let lanes: Lanes
  /// What the backward pass needs of the forward pass; nil in inference.
  private let winners: Winners?

  /// `BatchNorm.Winners` of all images.
  private struct Winners: Sendable {
    let places: AlignedBuffer
    let inputs: Activation
    let laneWordCount: Int

    func lane(_ lane: Lane) -> BatchNorm.Winners {
      BatchNorm.Winners(
        places: places.pointer(to: UInt32.self) + lane.slot * laneWordCount, inputs: inputs.values(lane: lane))
    }
  }

  init(
    statistics: NormalizationStatistics, input: Activation, values: Activation, dropout: Dropout?, lanes: Lanes,
    isTraining: Bool
  ) {
    self.statistics = statistics
    self.input = input
    self.values = values
    self.dropout = dropout
    self.lanes = lanes
    let norm = statistics.norm
    let laneWordCount = lanes.images * norm.winnerWordCount
    winners =
      isTraining
      ? Winners(
        places: AlignedBuffer(UInt32.self, count: lanes.count * laneWordCount),
        inputs: Activation(norm.pooledShape, precision: norm.precision, lanes: lanes, gradient: .none),
        laneWordCount: laneWordCount)
      : nil
  }

  var output: ModuleOutput { .planes(values) }
  private var norm: BatchNorm { statistics.norm }

  var forward: [Phase] {
    statistics.forward(of: input, lanes: lanes, isTraining: winners != nil) + [
      .lanes { lane in
        norm.applyAndPool(
          input: input.values(lane: lane), output: values.values(lane: lane), winners: winners?.lane(lane),
          images: lanes.images, dropout: winners == nil ? nil : dropout?.mask, firstImage: lane.number * lanes.images)
      }
    ]
  }

  var backward: [Phase] {
    guard let winners else { return [] }
    let dropoutScale = dropout?.mask.scale ?? 1
    return [
      .lanes { lane in
        norm.sumPooledGradients(
          lane: lane.number, gradient: values.gradient(lane: lane), winners: winners.lane(lane), images: lanes.images,
          dropoutScale: dropoutScale)
      },
      statistics.finishGradients(lanes: lanes),
      .lanes { lane in
        guard input.gradient != nil else { return }
        norm.backwardFromPool(
          gradient: values.gradient(lane: lane), winners: winners.lane(lane), input: input.values(lane: lane),
          inputGradient: input.gradient(lane: lane), images: lanes.images, dropoutScale: dropoutScale)
      },
    ]
  }
}
