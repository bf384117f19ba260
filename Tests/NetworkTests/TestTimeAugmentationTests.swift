import Kernels
import Network
import Samples
import Testing
import Workers

/// Images of high confidence are inferred once, the others in five copies; neither depends on the other images of a batch.
@Suite struct TestTimeAugmentationTests {
  private static let geometries = PixelFormat.allCases.map { Geometry(width: 14, height: 12, format: $0) }

  @Test(arguments: geometries, [4, 64])
  func doubtfulImagesAreInferredInFiveCopies(geometry: Geometry, batch: Int) throws {
    let network = try makeNetwork(geometry, batch: batch)
    var random = RandomStream(seed: 8, stream: 0)
    let images = (0..<12).map { _ in (0..<geometry.byteCount).map { _ in UInt8(random.next(below: 256)) } }
    let predictions = stride(from: 0, to: images.count, by: min(batch, images.count)).flatMap { start in
      network.predictWithShifts(images: images[start..<min(start + batch, images.count)].flatMap(\.self)[...])
    }
    #expect(predictions.count == images.count)
    var sureCount = 0
    for (image, prediction) in zip(images, predictions) {
      func infer(_ image: [UInt8]) throws -> Prediction { try #require(network.predict(images: image[...]).first) }
      let first = try infer(image)
      if first.confidence >= 0.9 {
        sureCount += 1
        #expect(prediction.logits == first.logits && prediction.label == first.label)
      } else {
        let copies = try [first] + [1, -1, 2, -2].map { try infer(moved(image, by: $0, geometry)) }
        for (index, logit) in prediction.logits.enumerated() {
          let mean = copies.reduce(0) { $0 + Double($1.logits[index]) } / 5
          #expect(abs(Double(logit) - mean) < 1e-4)
        }
        #expect(prediction.label == Prediction(logits: prediction.logits, of: network.description).label)
        #expect(prediction.logits != first.logits)
      }
    }
    #expect((1..<images.count).contains(sureCount), "\(sureCount)")
  }

  @Test func aNetworkOfNaNPredictsAll() throws {
    let geometry = try #require(Self.geometries.first)
    let network = try makeNetwork(geometry, batch: 4)
    for place in 0..<network.parameters.count { network.parameters.values.floats[place] = .nan }
    let predictions = network.predictWithShifts(images: [UInt8](repeating: 7, count: geometry.byteCount)[...])
    #expect(predictions.map(\.confidence) == [0] && predictions.map(\.label.count) == [2])
  }

  /// A network with random weights, the last layer's so large that its confidence is high for some images.
  private func makeNetwork(_ geometry: Geometry, batch: Int) throws -> Network {
    let description = ModelDescription(
      name: "test", input: geometry, alphabet: try Alphabet("abc"), lengths: 2...2, loss: .crossEntropy,
      layers: [.convolution(filters: 8, kernel: 3, stride: 2, hasBias: false), .batchNorm, .relu, .linear(units: 6)])
    let network = try Network(
      description, for: .inference, batch: batch, precision: .float32, backend: try makeBackend(),
      team: Team(threadCount: 2))
    network.parameters.drawWeights(seed: 5)
    for parameter in network.parameters.list.filter(\.role.isLearned).suffix(2) {
      for place in 0..<parameter.count { network.parameters.values.floats[parameter.offset + place] *= 40 }
    }
    return network
  }

  /// The edge's pixels fill the gap.
  private func moved(_ image: [UInt8], by move: Int, _ geometry: Geometry) -> [UInt8] {
    let channels = geometry.format.rawValue
    return image.indices.map { index in
      let (pixel, channel) = index.quotientAndRemainder(dividingBy: channels)
      let (row, column) = pixel.quotientAndRemainder(dividingBy: geometry.width)
      let source = max(0, min(geometry.width - 1, column - move))
      return image[(row * geometry.width + source) * channels + channel]
    }
  }
}
