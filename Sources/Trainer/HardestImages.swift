import Network

/// Hard-example mining: infers all candidates of a step and chooses those with the highest loss to train on
/// (Selective-Backprop: Jiang et al., "Accelerating deep learning by focusing on the biggest losers", 2019).
///
/// Once a model predicts most images correctly, easy ones teach it little. Inference takes `glyphnet` a fifth of the
/// time of training on an image.
struct HardestImages {
  struct Choice {
    /// [chosen, height, width, channel], 8-bit, in the order of the candidates.
    let images: [UInt8]
    /// [chosen, positions]
    let labels: [UInt16]
    /// How many of the candidates were exact; nil where they were not inferred.
    let exactCount: Int?
  }

  /// Images inferred at a time: enough that threads seldom wait for one another.
  static let batchMax = 128

  /// Made for inference.
  let network: Network

  /// - Parameters:
  ///   - count: Images to choose.
  ///   - images: [candidates, height, width, channel], 8-bit.
  ///   - labels: [candidates, positions], classes of the model.
  ///   - parameters: Parameters for inference.
  func choose(_ count: Int, of images: [UInt8], labels: [UInt16], by parameters: Parameters) -> Choice {
    let (size, positions) = (network.description.input.byteCount, network.description.positions)
    func pixels(_ range: Range<Int>) -> ArraySlice<UInt8> { images[range.lowerBound * size..<range.upperBound * size] }
    func label(_ range: Range<Int>) -> ArraySlice<UInt16> {
      labels[range.lowerBound * positions..<range.upperBound * positions]
    }
    network.adopt(parameters)
    let total = images.count / size
    let evaluations = stride(from: 0, to: total, by: network.batch).flatMap { start in
      let range = start..<min(start + network.batch, total)
      return network.evaluate(images: pixels(range), labels: label(range))
    }
    // An image with NaN logits is chosen, so that the training step meets it and reports it.
    let losses = evaluations.map { $0.crossEntropy.isNaN ? .infinity : $0.crossEntropy }
    let chosen = evaluations.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(count).sorted()
    return Choice(
      images: chosen.flatMap { pixels($0..<$0 + 1) }, labels: chosen.flatMap { label($0..<$0 + 1) },
      exactCount: evaluations.count { $0.isExact })
  }
}
