import Kernels
import Loader
import Network
import Ranks
import Samples
import Workers

/// Measures the image accuracy on a few images of the validation split, at each checkpoint of a training.
package final class Validation {
  /// Few, so that validation takes little time beside training.
  package static let imageCountMax = 512
  private static let batch = 64

  private let network: Network
  /// Those of this rank.
  private let batches: [Batch]
  private let ranks: any Communicator
  /// Of all ranks.
  package let imageCount: Int

  /// - Parameters:
  ///   - batches: The images, in memory; batches of at most 64.
  ///   - ranks: Those that share the work, each with the same batches.
  /// - Throws: The errors of `Network.init`.
  package init(
    _ batches: [Batch], model: ModelDescription, precision: Precision, backend: any Backend, team: Team,
    ranks: any Communicator = SingleRank()
  ) throws {
    self.batches = Array(batches[Partition(batches.count, to: ranks).own])
    self.ranks = ranks
    imageCount = batches.reduce(0) { $0 + $1.count }
    network = try Network(
      model, for: .inference, batch: Self.batch, precision: precision, backend: backend, team: team)
  }

  /// The first images of a dataset, at most `imageCountMax`.
  /// - Parameter leaveOut: As in `BatchLoader.init`.
  package static func batches(of dataset: Dataset, leaveOut: ((LeftOutBlock) throws -> Void)?) throws -> [Batch] {
    let loader = try BatchLoader(dataset, order: .sequential, batchSize: batch, threadCount: 1, leaveOut: leaveOut)
    var batches: [Batch] = []
    while batches.count < imageCountMax / batch, let next = try loader.next() { batches.append(next) }
    return batches
  }

  /// How many images are exact with these parameters, inferred from one copy each, which takes the least time. All
  /// ranks call it.
  package func exactCount(_ parameters: Parameters) -> Int {
    network.adopt(parameters)
    let own = batches.reduce(0) { count, batch in
      let predictions = network.predict(images: batch.images[...])
      return count + predictions.indices.count { predictions[$0].label == batch.label(ofRow: $0) }
    }
    return ranks.share(own).reduce(0, +)
  }
}
