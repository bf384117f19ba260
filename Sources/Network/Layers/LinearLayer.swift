import Kernels
import Specs

/// A fully connected layer. Dropout and ReLU run in the same pass over its output as the bias.
struct LinearLayer: Layer {
  static let takesFeatures = true
  static let takesTail = true
  let units: Int

  func output(after planning: inout Planning) throws(LayerError) -> LayerShape {
    guard planning.openShortcut == nil else { throw planning.error("a shortcut is still open") }
    return .features(units)
  }

  func parameters(for input: LayerShape) -> [Parameter] {
    let fanIn = input.features
    return [
      Parameter("weight", [units, fanIn], .matrix, fanIn: fanIn),
      Parameter("bias", [units], .bias, fanIn: fanIn),
    ]
  }

  func operationCount(from input: LayerShape, to output: LayerShape) -> Int { 2 * input.features * units }

  var graphOperator: GraphOperator? { GraphOperator(name: "Gemm", attributes: ["transB": .int(1)]) }

  func makeModule(_ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) -> Module {
    let (input, lanes, isTraining) = (builder.output.features, builder.lanes, builder.isTraining)
    let (output, parameters) = (builder.features(count: units), builder.memory(of: pass.layer))
    let (weight, bias) = (parameters[0], parameters[1])
    let activation = LinearActivation(features: units, hasReLU: pass.hasReLU)
    let dropout = builder.dropout(rate: pass.dropoutRate)
    let shares = try shares(of: input.count, in: builder)
    let (batch, precision) = (lanes.count * lanes.images, builder.precision)
    let inputOperand = Operand(input.values.floats, count: batch * input.count, precision: precision)
    let weightOperand = Operand(weight.values, count: units * input.count, precision: precision)
    let gradientOperand = Operand(
      output.gradient.floats, count: isTraining ? batch * units : 0, precision: precision)
    // A step changes the weights, so each share copies its part just before it reads it. In inference they stay; and a
    // rank needs the parts of other ranks' shares too.
    let copiesParts = isTraining && lanes.partition.ranks.count == 1
    let prepare = Phase.prepare { weightOperand.take(0..<units * input.count) }
    return Module(
      output: .features(output),
      forward: (copiesParts ? [] : [prepare])
        + takeImages(of: input.values, count: input.count, lanes, into: inputOperand)
        + [
          .shares { number in
            let share = shares[number]
            let firstWeight = share.units.lowerBound * input.count
            if copiesParts { weightOperand.take(firstWeight..<share.units.upperBound * input.count) }
            share.forward?.run(
              a: inputOperand.address(), b: weightOperand.address(at: firstWeight),
              c: output.values.floats + share.units.lowerBound)
          }
        ] + exchangeFeatures(of: output.values, count: units, lanes) + [
          .lanes { lane in
            activation.forward(
              values: output.values(lane: lane), bias: bias.values, images: lanes.images,
              dropout: dropout?.mask, firstImage: lane.number * lanes.images)
          }
        ],
      backward: [
        .lanes { lane in
          activation.backward(
            gradient: output.gradient(lane: lane), output: output.values(lane: lane), images: lanes.images,
            dropout: dropout?.mask, firstImage: lane.number * lanes.images)
        }
      ] + takeImages(of: output.gradient, count: units, lanes, into: gradientOperand) + [
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
              gradient: output.gradient.floats, images: batch, biasGradient: bias.gradient)
          }
        }
      ] + exchangeFeatures(of: input.gradient, count: input.count, lanes))
  }

  /// Gives an operand the values of all images, [image, feature].
  private func takeImages(of values: AlignedBuffer, count: Int, _ lanes: Lanes, into operand: Operand) -> [Phase] {
    guard lanes.partition.ranks.count > 1 else {
      return [.lanes { lane in operand.take(lanes.range(of: lane, count: count)) }]
    }
    let exchange = FeatureExchange(of: values, count: count, lanes: lanes).images()
    return [
      .once {
        exchange.run()
        operand.take(0..<lanes.count * lanes.images * count)
      }
    ]
  }

  private func exchangeFeatures(of values: AlignedBuffer, count: Int, _ lanes: Lanes) -> [Phase] {
    guard lanes.partition.ranks.count > 1 else { return [] }
    let exchange = FeatureExchange(of: values, count: count, lanes: lanes).features()
    return [.once { exchange.run() }]
  }

  /// A share of the work of each pass. Shares split units and inputs, not images: each part of the weights, which no
  /// cache holds in a large layer, is then read once a step.
  private struct Share: Sendable {
    /// Rows of the weights, for the forward pass and the gradient of the weights.
    let units: Range<Int>
    let forward: (any MatrixProduct)?
    let backwardWeights: (any MatrixProduct)?
    /// Columns of the weights, for the gradient of the input.
    let inputs: Range<Int>
    let backwardInput: (any MatrixProduct)?
  }

  /// - Throws: `KernelError` where the backend cannot multiply in the builder's precision.
  private func shares(of inputs: Int, in builder: ModuleBuilder) throws(KernelError) -> [Share] {
    let (lanes, isTraining) = (builder.lanes, builder.isTraining)
    let batch = lanes.count * lanes.images
    func product(_ shape: @autoclosure () -> MatrixProductShape, over range: Range<Int>) throws(KernelError)
      -> (any MatrixProduct)?
    {
      range.isEmpty ? nil : try builder.backend.makeMatrixProduct(shape(), precision: builder.precision)
    }
    return try (0..<lanes.shares.count).map { number throws(KernelError) in
      // Only this rank's shares run.
      let isOwn = lanes.shares.own.contains(number)
      func range(_ total: Int) -> Range<Int> {
        isOwn ? lanes.units(ofShares: number..<number + 1, total: total) : 0..<0
      }
      let (rows, columns) = (range(units), range(inputs))
      return Share(
        units: rows,
        forward: try product(
          .init(transposesB: true, m: batch, n: rows.count, k: inputs, lda: inputs, ldb: inputs, ldc: units),
          over: rows),
        backwardWeights: try product(
          .init(transposesA: true, m: rows.count, n: inputs, k: batch, lda: units, ldb: inputs, ldc: inputs),
          over: isTraining ? rows : 0..<0),
        inputs: columns,
        backwardInput: try product(
          .init(m: batch, n: columns.count, k: units, lda: units, ldb: inputs, ldc: inputs),
          over: isTraining ? columns : 0..<0))
    }
  }
}

extension LinearLayer {
  private enum Key: String, SpecKey { case units }

  static let word = "linear"

  init(_ item: SpecItem) throws(SpecError) {
    units = try item.settings(of: Key.self).wholeNumber(.units, in: 1...1 << 20)
  }

  var text: String { "\(Self.word) units=\(units)" }
}

extension LayerDescription {
  package static func linear(units: Int) -> LayerDescription { LayerDescription(LinearLayer(units: units)) }
}
