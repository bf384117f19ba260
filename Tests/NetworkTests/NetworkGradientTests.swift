import Foundation
import Kernels
import Network
import Samples
import Specs
import Testing
import Workers

/// The gradient of a whole network, against what changing each weight a little does to the loss.
@Suite struct NetworkGradientTests {
  private static let models: [[LayerDescription]] = [
    [
      .convolution(filters: 8, kernel: 3, stride: 2, hasBias: true), .batchNorm, .relu, .shortcut,
      .convolution(filters: 8, kernel: 3, stride: 1, hasBias: false), .batchNorm, .add, .relu, .maxPool(size: 2),
      .linear(units: 6),
    ],
    [
      .convolution(filters: 5, kernel: 5, stride: 1, hasBias: true), .batchNorm, .dropout(rate: 0.5), .relu,
      .maxPool(size: 2), .linear(units: 9), .dropout(rate: 0.25), .relu, .linear(units: 6),
    ],
  ]

  @Test(arguments: models, [LossName.crossEntropy, .multiLabelSoftMargin])
  func agreesWithFiniteDifferences(layers: [LayerDescription], loss: LossName) throws {
    for format in PixelFormat.allCases { try checkGradient(of: describe(layers, loss: loss, format: format)) }
  }

  private func checkGradient(of description: ModelDescription) throws {
    let network = try Network(
      description, for: .training, batch: 4, precision: .float32, dropoutSeed: 3,
      labelSmoothing: description.loss == .crossEntropy ? 0.1 : 0, backend: PlainBackend(),
      team: Team(threadCount: 1))
    network.parameters.drawWeights(seed: 5)
    let (images, labels) = drawBatch(description, count: 4, seed: 7)
    _ = network.computeGradients(images: images, labels: labels, step: 1)
    let gradients = Array(
      UnsafeBufferPointer(start: network.gradients.floats, count: network.parameters.learnedCount))
    let values = network.parameters.values.floats
    var random = RandomStream(seed: 11, stream: 0)
    for parameter in network.parameters.list where parameter.role.isLearned {
      for _ in 0..<4 {
        let place = parameter.offset + random.next(below: parameter.count)
        let value = values[place]
        // ReLU and max pool have corners that a finite step may cross: a true gradient is near the slope over at least
        // one of several steps.
        let slopes = [4e-3, 1e-3, 2.5e-4].map { (reach: Float) in
          values[place] = value + reach
          let above = network.computeGradients(images: images, labels: labels, step: 1).loss
          values[place] = value - reach
          let below = network.computeGradients(images: images, labels: labels, step: 1).loss
          values[place] = value
          return (above - below) / Double(2 * reach)
        }
        let gradient = Double(gradients[place])
        #expect(
          slopes.contains { abs($0 - gradient) < 1e-3 + 0.02 * abs($0) },
          "\(parameter.name)[\(place - parameter.offset)]: \(gradient), finite differences \(slopes)")
      }
    }
  }

  @Test(arguments: models, [8, 16, 32])
  func doesNotDependOnThreads(layers: [LayerDescription], lanes: Int) throws {
    // The plain backend has no code of its own for threads.
    for backend in BackendName.allCases.dropLast().compactMap({ $0.makeBackend() }) {
      try expectEqualGradients(layers, lanes: lanes, backend: backend)
    }
  }

  private func expectEqualGradients(_ layers: [LayerDescription], lanes: Int, backend: any Backend) throws {
    let description = try describe(layers, loss: .crossEntropy)
    let (images, labels) = drawBatch(description, count: 32, seed: 2)
    let results = try [1, 2, 3].map { threadCount in
      let network = try Network(
        description, for: .training, batch: 32, laneCountMax: lanes, precision: .float32, dropoutSeed: 3,
        backend: backend, team: Team(threadCount: threadCount))
      network.parameters.drawWeights(seed: 5)
      let loss = network.computeGradients(images: images, labels: labels, step: 1).loss
      return (loss, Array(UnsafeBufferPointer(start: network.gradients.floats, count: network.parameters.learnedCount)))
    }
    for result in results { #expect(result == results[0], "\(backend.name)") }
  }

  @Test func fastBackendsAgreeWithPlain() throws {
    for (layers, format) in Self.models.flatMap({ layers in PixelFormat.allCases.map { (layers, $0) } }) {
      let description = try describe(layers, loss: .crossEntropy, format: format)
      let (images, labels) = drawBatch(description, count: 16, seed: 2)
      let results = try BackendName.allCases.compactMap { $0.makeBackend() }.map { backend in
        let network = try Network(
          description, for: .training, batch: 16, precision: .float32, dropoutSeed: 3, backend: backend,
          team: Team(threadCount: 2))
        network.parameters.drawWeights(seed: 5)
        _ = network.computeGradients(images: images, labels: labels, step: 1)
        return Array(UnsafeBufferPointer(start: network.gradients.floats, count: network.parameters.learnedCount))
      }
      for result in results {
        for (plain, fast) in zip(results[results.count - 1], result) {
          #expect(abs(plain - fast) < 1e-4 + 1e-3 * abs(plain))
        }
      }
    }
  }

  /// Activations of 8 significant bits bring noise, and no other direction, into the gradient.
  @Test(arguments: models)
  func bfloat16PointsWhereFloat32Points(layers: [LayerDescription]) throws {
    let description = try describe(layers, loss: .crossEntropy)
    let (images, labels) = drawBatch(description, count: 16, seed: 2)
    let results = try Precision.allCases.map { precision in
      let network = try Network(
        description, for: .training, batch: 16, precision: precision, dropoutSeed: 3, backend: PlainBackend(),
        team: Team(threadCount: 2))
      network.parameters.drawWeights(seed: 5)
      let loss = network.computeGradients(images: images, labels: labels, step: 1).loss
      let gradients = UnsafeBufferPointer(start: network.gradients.floats, count: network.parameters.learnedCount)
      return (loss: loss, gradients: gradients.map { Double($0) })
    }
    let (wide, narrow) = (results[0], results[1])
    #expect(abs(wide.loss - narrow.loss) < 0.02 * wide.loss)
    func product(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
    let cosine =
      product(wide.gradients, narrow.gradients)
      / (product(wide.gradients, wide.gradients) * product(narrow.gradients, narrow.gradients)).squareRoot()
    #expect(cosine > 0.98, "cosine \(cosine)")
  }

  /// A few steps on one batch bring its loss far below chance.
  @Test(arguments: [LossName.crossEntropy, .multiLabelSoftMargin], [OptimizerForm.adamw, .muon])
  func learnsABatch(loss: LossName, rule: OptimizerForm) throws {
    let description = try describe(Self.models[0], loss: loss)
    let (images, labels) = drawBatch(description, count: 8, seed: 9)
    let network = try Network(
      description, for: .training, batch: 8, precision: .float32, backend: try makeBackend(), team: Team(threadCount: 2)
    )
    network.parameters.drawWeights(seed: 1)
    let optimizer = try Optimizer(network.parameters, rule: rule, weightDecay: 0.01, backend: try makeBackend())
    let losses = (0..<60).map { step in
      let loss = network.computeGradients(images: images, labels: labels, step: step).loss
      optimizer.update(
        network.parameters, gradients: network.gradients, learningRate: 0.01, step: step + 1, team: network.team)
      return loss
    }
    #expect(losses[59] < 0.1 * losses[0], "\(losses[0]) -> \(losses[59])")
    // Inference with the running statistics predicts the labels.
    let predictor = try Network(
      description, for: .inference, batch: 8, precision: .float32, backend: try makeBackend(),
      team: Team(threadCount: 1))
    #expect(predictor.parameters.load(network.parameters.tensors) == nil)
    let texts = predictor.predict(images: images[...]).flatMap(\.label.classes)
    #expect(zip(texts, labels).count { $0 == $1 } >= 14)
  }

  /// What is prepared from parameters is good for every batch, and for no others.
  @Test(arguments: models, Precision.allCases)
  func adoptedParametersGiveTheLogitsOfTheirOwnNetwork(layers: [LayerDescription], precision: Precision) throws {
    let description = try describe(layers, loss: .crossEntropy)
    let adopting = try Network(
      description, for: .inference, batch: 4, precision: precision, backend: PlainBackend(), team: Team(threadCount: 2))
    for weightSeed in [4, 5, 4] as [UInt64] {
      let parameters = Parameters(try NetworkPlan(description))
      parameters.drawWeights(seed: weightSeed)
      adopting.adopt(parameters)
      for seed in [1, 2] as [UInt64] {
        let (images, _) = drawBatch(description, count: 3, seed: seed)
        let own = try Network(
          ModelFile(description, tensors: parameters.tensors), batch: 4, precision: precision,
          backend: PlainBackend(), team: Team(threadCount: 1))
        #expect(own.predict(images: images[...]).map(\.logits) == adopting.predict(images: images[...]).map(\.logits))
      }
    }
  }

  @Test func evaluatesWhatItPredicts() throws {
    let description = try describe(try #require(Self.models.first), loss: .crossEntropy)
    let network = try Network(
      description, for: .inference, batch: 4, precision: .float32, backend: try makeBackend(),
      team: Team(threadCount: 1))
    network.parameters.drawWeights(seed: 6)
    let (images, truths) = drawBatch(description, count: 3, seed: 1)
    let predictions = network.predict(images: images[...])
    let classes = predictions.map(\.label.classes)
    // The second image is given the label that is predicted for it.
    let positions = description.positions
    let labels = truths[..<positions] + classes[1] + truths[(2 * positions)...]
    let evaluations = network.evaluate(images: images[...], labels: labels[...])
    #expect(
      evaluations.map(\.isExact) == [
        classes[0] == Array(truths[..<positions]), true, classes[2] == Array(truths[(2 * positions)...]),
      ])
    for (image, evaluation) in evaluations.enumerated() {
      let logits = predictions[image].logits.map(Double.init)
      let formula = (0..<positions).reduce(0.0) { sum, position in
        let row = logits[position * description.classCount..<(position + 1) * description.classCount]
        let label = row[row.startIndex + Int(labels[image * positions + position])]
        return sum + log(row.reduce(0) { $0 + exp($1) }) - label
      }
      #expect(abs(evaluation.crossEntropy - formula) < 1e-4)
    }
  }

  @Test func rejectsLayersThatDoNotFit() throws {
    let impossible: [[LayerDescription]] = [
      [], [.relu, .linear(units: 6)], [.linear(units: 5)], [.linear(units: 6), .batchNorm],
      [.shortcut, .linear(units: 6)], [.batchNorm, .add, .relu, .linear(units: 6)],
      [.maxPool(size: 13), .linear(units: 6)],
      [
        .shortcut, .convolution(filters: 2, kernel: 3, stride: 1, hasBias: false), .batchNorm, .add, .relu,
        .linear(units: 6),
      ],
    ]
    for layers in impossible {
      let description = try describe(layers, loss: .crossEntropy)
      #expect(throws: LayerError.self) { try NetworkPlan(description) }
    }
  }

  private func describe(
    _ layers: [LayerDescription], loss: LossName, format: PixelFormat = .gray
  ) throws -> ModelDescription {
    ModelDescription(
      name: "test", input: Geometry(width: 14, height: 12, format: format), alphabet: try Alphabet("abc"),
      lengths: 2...2,
      loss: loss, layers: layers)
  }

  private func drawBatch(_ description: ModelDescription, count: Int, seed: UInt64) -> ([UInt8], [UInt16]) {
    var random = RandomStream(seed: seed, stream: 0)
    let images = (0..<count * description.input.byteCount).map { _ in UInt8(random.next(below: 256)) }
    let labels = (0..<count * description.positions).map { _ in UInt16(random.next(below: description.alphabet.count)) }
    return (images, labels)
  }
}
