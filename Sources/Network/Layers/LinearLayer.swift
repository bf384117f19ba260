import Kernels

import Specs

/// Every input to every unit. Dropout and ReLU run in the same pass over its output as the bias.
struct LinearLayer: Layer, LayerForm {
  private enum Key: String, SpecKey { case units }

  static let word = "linear"
  static let takesFeatures = true
  static let takesTail = true
  let units: Int

  init(_ item: SpecItem) throws(SpecError) {
    units = try item.settings(of: Key.self).wholeNumber(.units, in: 1...1 << 20)
  }

  fileprivate init(units: Int) { self.units = units }

  var text: String { "\(Self.word) units=\(units)" }

  func output(after planning: inout Planning) throws(LayerMisfit) -> LayerShape {
    guard planning.openShortcut == nil else { throw .layer("a shortcut is still open") }
    return .features(units)
  }

  func parameters(for input: LayerShape) -> [ParameterDeclaration] {
    let fanIn = input.featureCount
    return [
      ParameterDeclaration("weight", [units, fanIn], .matrix(fanIn: fanIn)),
      ParameterDeclaration("bias", [units], .bias(fanIn: fanIn)),
    ]
  }

  func operationCount(from input: LayerShape, to output: LayerShape) -> Int { 2 * input.featureCount * units }

  var graphOperator: GraphOperator? { GraphOperator("Gemm", ["transB": .int(1)]) }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> any Module {
    let (input, parameters) = (builder.features, builder.memory(of: pass.layer))
    return try LinearModule(
      backend: builder.backend, precision: builder.precision, input: input, values: builder.features(count: units),
      weight: parameters[0], bias: parameters[1],
      activation: LinearActivation(features: units, hasReLU: pass.tail.hasReLU),
      dropout: builder.dropout(rate: pass.tail.dropoutRate), lanes: builder.lanes, isTraining: builder.isTraining)
  }
}

extension LayerDescription {
  package static func linear(units: Int) -> LayerDescription { LayerDescription(LinearLayer(units: units)) }
}

/// The threads share out units and inputs rather than images: each piece of the weights, which in a large layer no cache
/// holds, is then read once a step.
private struct LinearModule: Module {
  private let input: Features
  private let values: Features
  /// [units, inputs]
  private let weight: ParameterMemory
  /// [units]
  private let bias: ParameterMemory
  private let activation: LinearActivation
  private let dropout: Dropout?
  private let lanes: Lanes
  private let isTraining: Bool
  private let inputOperand: Operand
  private let weightOperand: Operand
  private let gradientOperand: Operand?
  private let shares: [Share]

  var output: ModuleOutput { .features(values) }

  /// What one thread at a time does of each pass.
  private struct Share: Sendable {
    /// Rows of the weights, for the forward pass and the gradient of the weights.
    let units: Range<Int>
    let forward: (any MatrixProduct)?
    let backwardWeights: (any MatrixProduct)?
    /// Columns of the weights, for the gradient of the input.
    let inputs: Range<Int>
    let backwardInput: (any MatrixProduct)?
  }

  /// - Throws: `KernelError` where the backend cannot multiply in `precision`.
  init(
    backend: any Backend, precision: Precision, input: Features, values: Features, weight: ParameterMemory,
    bias: ParameterMemory, activation: LinearActivation, dropout: Dropout?, lanes: Lanes, isTraining: Bool
  ) throws(KernelError) {
    self.input = input
    self.values = values
    self.weight = weight
    self.bias = bias
    self.activation = activation
    self.dropout = dropout
    self.lanes = lanes
    self.isTraining = isTraining
    let (batch, inputs, units) = (lanes.count * lanes.images, input.count, values.count)
    inputOperand = Operand(input.values.floats, count: batch * inputs, precision: precision)
    weightOperand = Operand(weight.values, count: units * inputs, precision: precision)
    gradientOperand =
      isTraining ? Operand(values.gradient.floats, count: batch * units, precision: precision) : nil
    func product(_ shape: @autoclosure () -> MatrixProductShape, over range: Range<Int>) throws(KernelError)
      -> (any MatrixProduct)?
    {
      range.isEmpty ? nil : try backend.makeMatrixProduct(shape(), precision: precision)
    }
    var shares: [Share] = []
    for number in 0..<lanes.shareCount {
      let (rows, columns) = (lanes.range(ofShare: number, total: units), lanes.range(ofShare: number, total: inputs))
      shares.append(
        Share(
          units: rows,
          forward: try product(
            .init(
              transposesB: true, m: batch, n: rows.count, k: inputs, lda: inputs, ldb: inputs, ldc: units),
            over: rows),
          backwardWeights: try product(
            .init(transposesA: true, m: rows.count, n: inputs, k: batch, lda: units, ldb: inputs, ldc: inputs),
            over: isTraining ? rows : 0..<0),
          inputs: columns,
          backwardInput: try product(
            .init(m: batch, n: columns.count, k: units, lda: units, ldb: inputs, ldc: inputs),
            over: isTraining ? columns : 0..<0)))
    }
    self.shares = shares
  }

  /// The values of a lane in rows of `count`.
  private func range(ofLane lane: Lane, count: Int) -> Range<Int> {
    lane.number * lanes.images * count..<(lane.number + 1) * lanes.images * count
  }

  var forward: [Phase] {
    // A step changes the weights: the thread that reads a piece takes it just before. In inference they stay.
    (isTraining ? [] : [.prepare { weightOperand.take(0..<values.count * input.count) }]) + [
      .lanes { lane in inputOperand.take(range(ofLane: lane, count: input.count)) },
      .shares { number in
        let share = shares[number]
        let firstWeight = share.units.lowerBound * input.count
        if isTraining { weightOperand.take(firstWeight..<share.units.upperBound * input.count) }
        share.forward?.run(
          a: inputOperand.address(), b: weightOperand.address(at: firstWeight),
          c: values.values.floats + share.units.lowerBound)
      },
      .lanes { lane in
        activation.forward(
          values: values.values(lane: lane), bias: bias.values, images: lanes.images,
          dropout: isTraining ? dropout?.mask : nil, firstImage: lane.number * lanes.images)
      },
    ]
  }

  var backward: [Phase] {
    guard let gradientOperand else { return [] }
    return [
      .lanes { lane in
        activation.backward(
          gradient: values.gradient(lane: lane), output: values.values(lane: lane), images: lanes.images,
          dropout: dropout?.mask, firstImage: lane.number * lanes.images)
        gradientOperand.take(range(ofLane: lane, count: values.count))
      },
      .shares { number in
        let share = shares[number]
        share.backwardWeights?.run(
          a: gradientOperand.address(at: share.units.lowerBound), b: inputOperand.address(),
          c: weight.gradient + share.units.lowerBound * input.count)
        share.backwardInput?.run(
          a: gradientOperand.address(), b: weightOperand.address(at: share.inputs.lowerBound),
          c: input.gradient.floats + share.inputs.lowerBound)
        if number == 0 {
          activation.sumBiasGradient(
            gradient: values.gradient.floats, images: lanes.count * lanes.images, biasGradient: bias.gradient)
        }
      },
    ]
  }
}
