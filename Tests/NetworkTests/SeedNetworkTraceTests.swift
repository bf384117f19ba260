import Foundation
import Kernels
import Network
import Samples
import Specs
import Testing
import Workers

/// Twenty training steps of the seed network beside PyTorch's. Fixtures/trace_seed_cnn.py made the losses.
@Suite struct SeedNetworkTraceTests {
  private static let batch = 8
  private func describe() throws -> ModelDescription {
    let blocks = [32, 64, 64].flatMap { filters -> [LayerDescription] in
      [.convolution(filters: filters, kernel: 3, stride: 1, hasBias: true), .batchNorm, .relu, .maxPool(size: 2)]
    }
    return ModelDescription(
      name: "seed-cnn", input: Geometry(width: 60, height: 40, format: .gray),
      alphabet: try Alphabet("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), lengths: 1...1, loss: .multiLabelSoftMargin,
      layers: blocks + [.linear(units: 1024), .relu, .linear(units: 36)])
  }

  /// PyTorch's own float32 and float64 differ by 1e-7.
  @Test func lossesAreThoseOfPyTorch() throws {
    let url = try #require(
      Bundle.module.url(forResource: "seed-cnn-trace", withExtension: "txt", subdirectory: "Fixtures"))
    let expected = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").compactMap { Double($0) }
    try #require(expected.count == 20)
    let network = try Network(
      try describe(), for: .training, batch: Self.batch, precision: .float32, backend: try makeBackend(),
      team: Team(threadCount: 2))
    fill(network.parameters)
    let optimizer = try Optimizer(network.parameters, rule: .adam, weightDecay: 0, backend: try makeBackend())
    for step in 0..<expected.count {
      let (images, labels) = drawBatch(step)
      let loss = network.computeGradients(images: images, labels: labels, step: step).loss
      optimizer.update(
        network.parameters, gradients: network.gradients, learningRate: 2e-4, step: step + 1, team: network.team)
      #expect(abs(loss - expected[step]) < 1e-4 * expected[step], "step \(step): \(loss), PyTorch \(expected[step])")
    }
  }

  /// Uniform in ±1/sqrt(fan in), parameter by parameter.
  private func fill(_ parameters: Parameters) {
    var stream = 0
    for parameter in parameters.list {
      guard let fanIn = parameter.fanIn else { continue }
      let bound = 1 / Double(fanIn).squareRoot()
      for (place, word) in words(stream, count: parameter.count).enumerated() {
        parameters[parameter][place] = Float((Double(word) / 0x1p32 * 2 - 1) * bound)
      }
      stream += 1
    }
  }

  /// Four batches that come round again and again.
  private func drawBatch(_ step: Int) -> (images: [UInt8], labels: [UInt16]) {
    let number = 100 + step % 4
    return (
      words(number, count: Self.batch * 40 * 60).map { UInt8($0 >> 24) },
      words(number + 100, count: Self.batch).map { UInt16($0 % 36) }
    )
  }

  /// The finaliser of xxHash32 over a counter.
  private func words(_ stream: Int, count: Int) -> [UInt32] {
    (0..<UInt32(count)).map { index in
      var word = (index &+ UInt32(stream << 20) &+ 1) &* 0x9E37_79B1
      word = (word ^ word >> 15) &* 0x85EB_CA77
      word = (word ^ word >> 13) &* 0xC2B2_AE3D
      return word ^ word >> 16
    }
  }
}
