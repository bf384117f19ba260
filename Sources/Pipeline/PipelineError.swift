import Loader
import Samples

/// Why a pipeline cannot go on, beside what its parts throw.
package enum PipelineError: Error, CustomStringConvertible {
  /// A stage whose result this command needs is missing or stale.
  case missing(stage: String, remedy: String)
  /// A split that the spec does not draw.
  case noSuchSplit(Split, drawn: [Split])
  /// Shards that were there are missing, damaged or mixed up.
  case unusableShards(LoaderError)
  /// An image that the model cannot read.
  case imageMismatch(path: String, found: String, expected: String)
  /// A file name that does not begin with a label.
  case unlabelled(path: String)
  /// A shard has no record of this number.
  case noSuchRecord(Int, path: String, count: Int)
  /// The spec asks for arithmetic that this CPU does not have.
  case unsupportedPrecision(String, backend: String)

  package var description: String {
    switch self {
    case .missing(let stage, let remedy): "\(stage) is not there yet; \(remedy)"
    case .noSuchSplit(let split, let drawn):
      "the spec draws no split \(split.rawValue), only \(drawn.map(\.rawValue).joined(separator: ", "));"
        + " add datasets.\(split.rawValue) to it or name another split"
    case .unusableShards(let error):
      "\(error); remove the shard file if it is still there, then `glyphline build` draws it again from its seeds"
    case .imageMismatch(let path, let found, let expected):
      "\(path): the image is \(found); the model reads \(expected)"
    case .unlabelled(let path):
      "\(path): its name gives no label; --expect-from-name needs names such as AB12_anything.png"
    case .noSuchRecord(let number, let path, let count):
      "\(path): there is no record \(number); the shard has records 0...\(count - 1)"
    case .unsupportedPrecision(let precision, let backend):
      "training.precision: \(precision) is not possible on this CPU with \(backend); use auto or float32"
    }
  }
}
