import Files
import Shards

/// Why a dataset cannot be loaded.
package enum LoaderError: Error, Equatable, CustomStringConvertible {
  /// What all shards of a dataset have in common.
  package enum Property: String, Sendable {
    case split
    case geometry = "image size or color"
    case labelCapacity = "label length"
    case charset
  }

  case noShards
  case shard(ShardError)
  /// Two shards that are not of one dataset.
  case difference(Property, path: String, otherPath: String)
  /// Two shards hold the same samples.
  case overlap(path: String, otherPath: String)
  /// The charsets of a shard have more characters together than an alphabet holds.
  case tooManyCharacters(path: String)
  /// Images or labels are not of the form that is asked for.
  case foreign(path: String)
  case tooFewSamples(sampleCount: Int, batchSize: Int)
  /// All samples of a batch were left out.
  case nothingLeft(batch: Int)

  package var description: String {
    switch self {
    case .noShards: "there are no shards to load"
    case .shard(let error): error.description
    case .difference(let property, let path, let otherPath):
      "\(path) and \(otherPath) differ in \(property.rawValue), so they are not of one dataset"
    case .overlap(let path, let otherPath): "\(path) and \(otherPath) hold the same samples"
    case .tooManyCharacters(let path): "\(path) has charsets of more than 65534 characters together"
    case .foreign(let path): "\(path) has images or labels of another form than the spec asks for"
    case .tooFewSamples(let sampleCount, let batchSize):
      "the dataset has \(sampleCount) samples, fewer than one batch of \(batchSize)"
    case .nothingLeft(let batch): "all samples of batch \(batch) are in damaged blocks"
    }
  }
}

extension LoaderError: ReportedError {
  package var cause: (any ReportedError)? { if case .shard(let error) = self { error } else { nil } }
}
