import Network
import Ranks

/// Hard-example mining: infers all candidates of a step and chooses those with the highest loss to train on
/// (Selective-Backprop: Jiang et al., "Accelerating deep learning by focusing on the biggest losers", 2019).
///
/// Once a model predicts most images correctly, easy ones teach it little. Inference takes `glyphnet` a fifth of the
/// time of training on an image. Each rank infers the candidates that it has read; the hardest of all ranks' candidates
/// are then sent to the ranks that train on them.
struct HardestImages {
  struct Choice {
    /// [own images, height, width, channel], 8-bit, in the order of the candidates.
    let images: [UInt8]
    /// [own images, positions]
    let labels: [UInt16]
    /// How many of all ranks' candidates were exact; nil where they were not inferred.
    let exactCount: Int?
  }

  /// Images inferred at a time: enough that threads seldom wait for one another.
  static let batchMax = 128

  /// Made for inference.
  private let network: Network
  /// The images of a batch that each rank trains on.
  private let parts: [Range<Int>]
  /// Candidates for each image of a batch.
  private let candidates: Int
  private let ranks: any Communicator

  /// - Parameters:
  ///   - network: Made for inference.
  ///   - parts: The images of a batch that each rank trains on.
  ///   - candidates: For each image.
  init(network: Network, parts: [Range<Int>], candidates: Int, ranks: any Communicator) {
    (self.network, self.parts, self.candidates, self.ranks) = (network, parts, candidates, ranks)
  }

  /// All ranks call it.
  /// - Parameters:
  ///   - images: [own candidates, height, width, channel], 8-bit.
  ///   - labels: [own candidates, positions], classes of the model.
  ///   - parameters: Parameters for inference.
  func choose(from images: [UInt8], labels: [UInt16], by parameters: Parameters) -> Choice {
    let (size, positions) = (network.description.input.byteCount, network.description.positions)
    network.adopt(parameters)
    let own = images.count / size
    let evaluations = stride(from: 0, to: own, by: network.batch).flatMap { start in
      let end = min(start + network.batch, own)
      return network.evaluate(
        images: images[start * size..<end * size], labels: labels[start * positions..<end * positions])
    }
    // An image with NaN logits is chosen, so that the training step meets it and reports it.
    let all = ranks.share(
      evaluations.map { Candidate(loss: $0.crossEntropy.isNaN ? .infinity : $0.crossEntropy, isExact: $0.isExact) },
      counts: parts.map { $0.count * candidates }
    ).flatMap { $0 }
    let count = parts.reduce(0) { $0 + $1.count }
    let chosen = all.indices.sorted { (all[$1].loss, $0) < (all[$0].loss, $1) }.prefix(count).sorted()
    return Choice(
      images: collect(chosen, of: images, width: size), labels: collect(chosen, of: labels, width: positions),
      exactCount: all.count { $0.isExact })
  }

  private struct Candidate: BitwiseCopyable {
    let loss: Double
    let isExact: Bool
  }

  /// Sends each chosen candidate to the rank that trains on it.
  /// - Parameters:
  ///   - chosen: Candidates of all ranks, one for each image of a batch, in order.
  ///   - values: [own candidates, width]
  /// - Returns: [own images, width]
  private func collect<Value: BitwiseCopyable>(_ chosen: [Int], of values: [Value], width: Int) -> [Value] {
    let own = ranks.rank
    /// The indices in `chosen` of the candidates that one rank has read and another trains on.
    func images(from source: Int, to target: Int) -> [Int] {
      let read = parts[source].lowerBound * candidates..<parts[source].upperBound * candidates
      return parts[target].filter { read.contains(chosen[$0]) }
    }
    func row(_ index: Int) -> Range<Int> { index * width..<(index + 1) * width }
    return [Value](unsafeUninitializedCapacity: parts[own].count * width) { result, resultCount in
      resultCount = parts[own].count * width
      values.withUnsafeBufferPointer { values in
        // They are only sent.
        let values = UnsafeMutableBufferPointer(mutating: values)
        let sent = (0..<ranks.count).map { rank in
          images(from: own, to: rank).map { image in
            UnsafeMutableBufferPointer(rebasing: values[row(chosen[image] - parts[own].lowerBound * candidates)])
          }
        }
        let received = (0..<ranks.count).map { rank in
          images(from: rank, to: own).map { image in
            UnsafeMutableBufferPointer(rebasing: result[row(image - parts[own].lowerBound)])
          }
        }
        for (source, target) in zip(sent[own], received[own]) { _ = target.update(fromContentsOf: source) }
        func pieces(_ rows: [[UnsafeMutableBufferPointer<Value>]]) -> [[UnsafeMutableRawBufferPointer]] {
          rows.map { $0.map { UnsafeMutableRawBufferPointer($0) } }
        }
        PieceExchange(ranks, sending: pieces(sent), receiving: pieces(received)).run()
      }
    }
  }
}
