import Files
import Samples
import Shards

/// Why a dataset cannot be loaded.
package enum LoaderError: ReportedError, Equatable {
  /// A property that all shards of a dataset must share.
  package enum Property: String, Sendable {
    case split
    case geometry = "image size or color"
    case labelCapacity = "label length"
    case charset
  }

  case noShards
  case shard(ShardError)
  /// Two shards that do not belong to one dataset.
  case difference(Property, path: String, otherPath: String)
  /// Two shards hold the same samples.
  case overlap(path: String, otherPath: String)
  /// The charsets of a shard have more characters in total than an alphabet can have.
  case tooManyCharacters(path: String)
  /// The geometry, alphabet or label length differs from the spec's.
  case foreign(path: String)
  case tooFewSamples(sampleCount: Int, batchSize: Int)
  /// All samples of a batch were left out.
  case nothingLeft(batch: Int)

  package var description: String {
    switch self {
    case .noShards: "there are no shards to load"
    case .shard(let error): error.description
    case .difference(let property, let path, let otherPath):
      "\(path) and \(otherPath) differ in \(property.rawValue), so they do not belong to one dataset"
    case .overlap(let path, let otherPath): "\(path) and \(otherPath) hold the same samples"
    case .tooManyCharacters(let path): "\(path) has charsets of more than 65534 characters in total"
    case .foreign(let path): "\(path) has another image size, color, charset or label length than the spec"
    case .tooFewSamples(let sampleCount, let batchSize):
      "the dataset has \(counted(sampleCount, "sample")), fewer than one batch of \(batchSize)"
    case .nothingLeft(let batch): "all samples of batch \(batch) are in damaged blocks"
    }
  }

  package var cause: (any ReportedError)? { if case .shard(let error) = self { error } else { nil } }
}
