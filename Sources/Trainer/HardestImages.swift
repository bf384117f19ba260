import Kernels
import Network
import Workers

/// Chooses from many images those that a network reads worst, so that it learns from them alone (Selective-Backprop: Jiang et
/// al., "Accelerating deep learning by focusing on the biggest losers", 2019).
///
/// Most images of a model that reads well teach it next to nothing, and to read an image takes a fifth to a third of the
/// time that it takes to learn from it.
final class HardestImages {
  struct Choice {
    /// [chosen, height, width, channel], 8-bit, in the order in which they came.
    let images: [UInt8]
    /// [chosen, positions]
    let labels: [UInt16]
    /// How many of all images were read without a mistake; nil where none was read.
    let exactCount: Int?
  }

  /// Images read at a time: enough that the threads seldom wait for one another.
  private static let batchMax = 128

  private let network: Network

  /// - Parameters:
  ///   - imageCount: Images to choose from, each time.
  ///   - laneCountMax: As `Network.init` wants it.
  /// - Throws: What `Network.init` throws.
  init(
    _ model: ModelDescription, imageCount: Int, laneCountMax: Int, precision: Precision, backend: any Backend,
    team: Team
  ) throws {
    network = try Network(
      model, for: .inference, batch: min(imageCount, Self.batchMax), laneCountMax: laneCountMax, precision: precision,
      backend: backend, team: team)
  }

  /// - Parameters:
  ///   - count: Images to choose.
  ///   - images: [count of all, height, width, channel], 8-bit.
  ///   - labels: [count of all, positions], classes of the model.
  ///   - parameters: What the images are read with.
  func choose(_ count: Int, of images: [UInt8], labels: [UInt16], by parameters: Parameters) -> Choice {
    let (size, positions) = (network.description.input.byteCount, network.description.positions)
    func pixels(_ range: Range<Int>) -> ArraySlice<UInt8> { images[range.lowerBound * size..<range.upperBound * size] }
    func label(_ range: Range<Int>) -> ArraySlice<UInt16> {
      labels[range.lowerBound * positions..<range.upperBound * positions]
    }
    network.adopt(parameters)
    let total = images.count / size
    let judgements = stride(from: 0, to: total, by: network.batch).flatMap { start in
      let range = start..<min(start + network.batch, total)
      return network.judge(images: pixels(range), labels: label(range))
    }
    // An image whose logits are no numbers is chosen, so that learning meets it and says so.
    let losses = judgements.map { $0.crossEntropy.isNaN ? .infinity : $0.crossEntropy }
    let chosen = judgements.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(count).sorted()
    return Choice(
      images: chosen.flatMap { pixels($0..<$0 + 1) }, labels: chosen.flatMap { label($0..<$0 + 1) },
      exactCount: judgements.count { $0.isExact })
  }
}
