import Kernels

/// Every input to every unit. The threads share out units and inputs rather than images: each piece of the weights, which
/// in a large layer no cache holds, is then read once a step. The bias and what follows the layer, dropout and ReLU, are one
/// more pass over the output.
struct LinearLayer: Layer {
  private let backend: any Backend
  private let input: Features
  let output: Features
  /// [units, inputs]
  private let weight: ParameterMemory
  /// [units]
  private let bias: ParameterMemory
  private let activation: LinearActivation
  private let dropout: Dropout?
  private let lanes: Lanes
  private let isTraining: Bool

  init(
    backend: any Backend, input: Features, output: Features, weight: ParameterMemory, bias: ParameterMemory,
    activation: LinearActivation, dropout: Dropout?, lanes: Lanes, isTraining: Bool
  ) {
    self.backend = backend
    self.input = input
    self.output = output
    self.weight = weight
    self.bias = bias
    self.activation = activation
    self.dropout = dropout
    self.lanes = lanes
    self.isTraining = isTraining
  }

  private var batch: Int { lanes.count * lanes.images }

  var forward: [Phase] {
    [
      .shares { share in
        let units = lanes.range(of: share, total: output.count)
        guard !units.isEmpty else { return }
        backend.matrixMultiply(
          transposeA: false, transposeB: true, m: batch, n: units.count, k: input.count, alpha: 1,
          a: input.values.floats, lda: input.count, b: weight.values + units.lowerBound * input.count,
          ldb: input.count, beta: 0, c: output.values.floats + units.lowerBound, ldc: output.count)
      },
      .lanes { lane in
        activation.forward(
          values: output.values(lane: lane), bias: bias.values, images: lanes.images,
          dropout: isTraining ? dropout?.mask : nil, firstImage: lane * lanes.images)
      },
    ]
  }

  var backward: [Phase] {
    [
      .lanes { lane in
        activation.backward(
          gradient: output.gradient(lane: lane), output: output.values(lane: lane), images: lanes.images,
          dropout: dropout?.mask, firstImage: lane * lanes.images)
      },
      .shares { share in
        backwardWeights(units: lanes.range(of: share, total: output.count))
        backwardInput(inputs: lanes.range(of: share, total: input.count))
        if share == 0 {
          activation.sumBiasGradient(gradient: output.gradient.floats, images: batch, biasGradient: bias.gradient)
        }
      },
    ]
  }

  private func backwardWeights(units: Range<Int>) {
    guard !units.isEmpty else { return }
    backend.matrixMultiply(
      transposeA: true, transposeB: false, m: units.count, n: input.count, k: batch, alpha: 1,
      a: output.gradient.floats + units.lowerBound,
      lda: output.count, b: input.values.floats, ldb: input.count, beta: 0,
      c: weight.gradient + units.lowerBound * input.count, ldc: input.count)
  }

  private func backwardInput(inputs: Range<Int>) {
    guard !inputs.isEmpty else { return }
    backend.matrixMultiply(
      transposeA: false, transposeB: false, m: batch, n: inputs.count, k: output.count, alpha: 1,
      a: output.gradient.floats, lda: output.count, b: weight.values + inputs.lowerBound, ldb: input.count, beta: 0,
      c: input.gradient.floats + inputs.lowerBound, ldc: input.count)
  }
}
