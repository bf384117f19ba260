import Kernels
import Network
import Samples
import Specs
import Testing
import Workers

/// Models that a spec gives layer by layer.
@Suite struct LayersFromSpecTests {
  private func describe(_ layers: String) throws -> ModelDescription {
    let spec = try PipelineSpec(
      yaml: """
        name: x
        captcha: {charset: digits, length: [2, 3], width: 32, height: 24, image-captcha: {font_sizes: 8}}
        datasets: {train: {count: 1000}}
        model:
          layers: [\(layers)]
        """, path: "x.yaml")
    return try ModelDescription(spec.model, for: spec.captcha)
  }

  private func refusal(_ layers: String) throws -> String? {
    do {
      _ = try describe(layers)
      return nil
    } catch let error as LayerError {
      return error.description
    }
  }

  @Test func theOutputLayerComesByItself() throws {
    let model = try describe("batch-norm, max-pool")
    #expect(model.layers == [.batchNorm, .maxPool(size: 2), .linear(units: 3 * 11)])
    #expect(model.loss == .crossEntropy)
    #expect(ModelDescription(metadata: model.metadata) == model)
  }

  @Test(arguments: [
    ("max-pool: {size: 16}, max-pool", "[1]: layer 2 (max-pool size=2): its input of 2x1 is smaller than its window"),
    ("shortcut, convolution: {filters: 4}", "[1]: layer 3 (linear units=33): a shortcut is still open"),
    (
      "convolution: {filters: 4}, relu",
      "[1]: layer 2 (relu): it must follow a batch-norm or a linear layer, in the order dropout, add, relu"
    ),
    (
      "linear: {units: 4}, relu, batch-norm",
      "[2]: layer 3 (batch-norm): it needs image planes, but follows a linear layer"
    ),
    (
      "linear: {units: 1048576}, linear: {units: 1048576}",
      "[1]: layer 2 (linear units=1048576): it has 1099511627776 weights; at most 1073741824 are possible"
    ),
  ])
  func aLayerThatDoesNotFitIsNamedWithItsPlace(layers: String, says: String) throws {
    #expect(try refusal(layers) == "x.yaml:5: model.layers" + says)
  }

  /// Any list of layers gives an error or a network that makes a step.
  @Test func randomListsNeverTrap() throws {
    let kinds = [
      "convolution: {filters: 3}", "convolution: {filters: 17, kernel: 4, stride: 3, bias: true}",
      "convolution: {filters: 1, kernel: 31, stride: 16}", "batch-norm", "batch-norm", "dropout", "relu", "max-pool",
      "max-pool: {size: 5}", "max-pool: {size: 16}", "shortcut", "add", "linear: {units: 7}",
    ]
    var networkCount = 0
    for seed in 0..<400 as Range<UInt64> {
      var random = RandomStream(seed: seed, stream: 0)
      let layers = (0..<1 + random.next(below: 6)).map { _ in kinds[random.next(below: kinds.count)] }
      guard let model = try? describe(layers.joined(separator: ", ")) else { continue }
      let network = try Network(
        model, for: .training, batch: 2, precision: .float32, backend: try makeBackend(), team: Team(threadCount: 1))
      network.parameters.drawWeights(seed: seed)
      let pixels = (0..<2 * model.input.byteCount).map { _ in UInt8(random.next(below: 256)) }
      let loss = network.computeGradients(images: pixels, labels: [1, 2, 3, 4, 5, 10], step: 0).loss
      #expect(loss.isFinite, "seed \(seed): \(layers)")
      networkCount += 1
    }
    #expect(networkCount > 50)
  }
}
