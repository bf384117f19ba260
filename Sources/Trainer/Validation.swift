import Kernels
import Loader
import Network
import Workers

/// A few images that nothing is learned from, read now and then while a model learns.
package final class Validation {
  /// The images are few, so that reading them takes little of the time of learning.
  package static let imageCountMax = 512
  private static let batch = 64

  private let network: Network
  private let batches: [Batch]
  package let imageCount: Int

  /// - Parameter batches: The images, in memory; batches of at most 64.
  /// - Throws: What `Network.init` throws.
  package init(
    _ batches: [Batch], model: ModelDescription, precision: Precision, backend: any Backend, team: Team
  ) throws {
    self.batches = batches
    imageCount = batches.reduce(0) { $0 + $1.count }
    network = try Network(
      model, for: .inference, batch: Self.batch, precision: precision, backend: backend, team: team)
  }

  /// The first images of a dataset, at most `imageCountMax`.
  /// - Parameter leaveOut: As `BatchLoader` wants it.
  package static func batches(
    of dataset: Dataset, leaveOut: ((LeftOutBlock) throws -> Void)?
  ) throws -> [Batch] {
    let loader = try BatchLoader(
      dataset, order: .sequential, batchSize: batch, threadCount: 1, leaveOut: leaveOut)
    var batches: [Batch] = []
    while batches.count < imageCountMax / batch, let next = try loader.next() { batches.append(next) }
    return batches
  }

  /// How many images a model with these parameters reads without a mistake, by one look at each, which costs learning least.
  package func exactCount(_ parameters: Parameters) -> Int {
    network.adopt(parameters)
    let (positions, blank) = (network.description.positions, network.description.blank)
    return batches.reduce(0) { count, batch in
      let readings = network.read(images: batch.images[...])
      return count
        + readings.indices.count { place in
          let truth = batch.labels[place * positions..<(place + 1) * positions].filter { $0 != blank }
          return readings[place].label.classes == truth
        }
    }
  }
}
