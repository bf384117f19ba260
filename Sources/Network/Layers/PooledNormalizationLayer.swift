import Kernels

/// Batch norm with dropout, ReLU and the max pool of 2 x 2 windows that follow it, in the same pass over memory.
struct PooledNormalizationLayer: Layer {
  private let statistics: NormalizationStatistics
  private let input: Activation
  let output: Activation
  private let dropout: Dropout?
  private let lanes: Lanes
  /// What the backward pass needs to know of the forward pass; nil where nothing is learned.
  private let winners: Winners?

  /// `BatchNorm.Winners` of all images.
  private struct Winners: Sendable {
    let places: AlignedBuffer
    let inputs: Activation
    let laneWordCount: Int

    func lane(_ lane: Lane) -> BatchNorm.Winners {
      BatchNorm.Winners(
        places: places.pointer(to: UInt32.self) + lane.place * laneWordCount, inputs: inputs.values(lane: lane))
    }
  }

  init(
    statistics: NormalizationStatistics, input: Activation, output: Activation, dropout: Dropout?, lanes: Lanes,
    isTraining: Bool
  ) {
    self.statistics = statistics
    self.input = input
    self.output = output
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

  private var norm: BatchNorm { statistics.norm }

  var forward: [Phase] {
    statistics.forward(of: input, lanes: lanes, isTraining: winners != nil) + [
      .lanes { lane in
        norm.applyAndPool(
          input: input.values(lane: lane), output: output.values(lane: lane), winners: winners?.lane(lane),
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
          lane: lane.number, gradient: output.gradient(lane: lane), winners: winners.lane(lane), images: lanes.images,
          dropoutScale: dropoutScale)
      },
      statistics.finishGradients(lanes: lanes),
      .lanes { lane in
        guard input.gradient != nil else { return }
        norm.backwardFromPool(
          gradient: output.gradient(lane: lane), winners: winners.lane(lane), input: input.values(lane: lane),
          inputGradient: input.gradient(lane: lane), images: lanes.images, dropoutScale: dropoutScale)
      },
    ]
  }
}
