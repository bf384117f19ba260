import Files
import Loader
import Samples
import Shards
import Specs

/// Why a pipeline cannot go on, beside what its parts throw.
package enum PipelineError: Error, CustomStringConvertible {
  /// A stage whose result this command needs is missing or stale.
  case missing(stage: String, remedy: String)
  /// The workspace holds what another spec asked for.
  case stale(stage: String, changes: [String])
  /// A split that the spec does not have.
  case noSuchSplit(Split, drawn: [Split])
  /// A split that the spec does not call imported.
  case notImported(Split)
  /// Files that cannot be imported, which were named one by one.
  case badFiles(count: Int, of: Int)
  /// A table of files and labels that cannot be used.
  case invalidTable(path: String, reason: String)
  /// A file that changed between two looks at it.
  case changedFile(path: String)
  /// Fewer training samples than a single step looks at.
  case tooFewSamples(count: Int, needed: Int)
  /// Shards that were there are missing, damaged or mixed up.
  case unusableShards(LoaderError)
  /// A shard that the catalog lists does not follow the one before it.
  case disorderedShards(file: String, catalog: String)
  /// A folder without a PNG or JPEG file.
  case noImages(folder: String)
  /// A folder that is to be written exists.
  case folderExists(String)
  /// A file name that does not begin with a label.
  case unlabelled(path: String)
  /// A shard has no record of this number.
  case noSuchRecord(Int, path: String, count: Int)
  /// A stored image that was imported, where one is needed that can be drawn again.
  case notDrawn(path: String)
  /// A stored image is not what its seed gives.
  case drawnDifferently(path: String, seed: UInt64, pipeline: String)
  /// A line of a file of cases, or the file itself, of which there is nothing to draw.
  case invalidCase(path: String, line: Int?, reason: String)
  /// More samples than a contact sheet can have.
  case sheetTooLarge(count: Int, allowed: Int)
  /// The spec asks for arithmetic that this CPU does not have.
  case unsupportedPrecision(String, backend: String)

  package var description: String {
    switch self {
    case .missing(let stage, let remedy): "\(stage) is not there yet; \(remedy)"
    case .stale(let stage, let changes):
      "\(stage) is of another spec (\(changes.joined(separator: "; "))); name that spec or another workspace"
    case .noSuchSplit(let split, let drawn):
      "the spec has no split \(split.rawValue), only \(drawn.map(\.rawValue).joined(separator: ", "));"
        + " add datasets.\(split.rawValue) to it or name another split"
    case .notImported(let split):
      "the spec does not say that its \(split.rawValue) split is imported; write `\(split.rawValue): imported` under datasets"
    case .badFiles(let count, let total) where count == total: "none of the \(total) files can be imported"
    case .badFiles(let count, let total):
      "\(count) of \(total) files cannot be imported; mend them, or leave them out with --skip-bad"
    case .invalidTable(let path, let reason): "\(path): \(reason)"
    case .changedFile(let path): "\(path) changed while it was imported; import again"
    case .tooFewSamples(let count, let needed):
      "the train split has \(count) samples, fewer than the \(needed) of a step (training.batch * training.candidates)"
    case .unusableShards(let error): "\(error); \(remedy(for: error))"
    case .disorderedShards(let file, let catalog):
      "\(catalog): the samples of \(file) do not follow those of the shard before; `glyphline reindex` makes the index again"
    case .noImages(let folder): "\(folder) holds no file whose name ends in .png, .jpg or .jpeg"
    case .folderExists(let path): "\(path) exists; remove it or name another folder"
    case .unlabelled(let path):
      "\(path): its name gives no label; it must be one such as AB12_anything.png"
    case .noSuchRecord(let number, let path, let count):
      "\(path): there is no record \(number); the shard has records 0...\(count - 1)"
    case .notDrawn(let path): "\(path): its images were imported, so they have no seed to be drawn from again"
    case .drawnDifferently(let path, let seed, let pipeline):
      "\(path): seed \(seed), drawn as the spec of \(pipeline) says, gives another image than the stored one; the shard is"
        + " of another spec or generator"
    case .invalidCase(let path, let line, let reason):
      path + (line.map { " line \($0)" } ?? "") + ": " + reason
    case .sheetTooLarge(let count, let allowed):
      "a sheet of \(count) samples of this size is too large; allowed: up to \(allowed)"
    case .unsupportedPrecision(let precision, let backend):
      "training.precision: \(precision) is not possible on this CPU with \(backend); use auto or float32"
    }
  }
}

extension PipelineSpec {
  /// - Throws: `PipelineError.noSuchSplit` where the spec does not have `split`.
  func require(_ split: Split) throws(PipelineError) {
    guard datasets[split] != nil else { throw .noSuchSplit(split, drawn: datasets.keys.sorted()) }
  }
}

/// What makes samples readable that could not be read because of `error`.
private func remedy(for error: LoaderError) -> String {
  switch error {
  case .shard(.damaged(_, _, _, let fault)) where fault.isOfOneBlock:
    "`glyphline repair` draws the block again from its seeds; or have the spec say `shards: {on_corrupt: skip}` to go on"
      + " without it"
  case .shard, .nothingLeft: "`glyphline repair` draws what is damaged or missing again from its seeds"
  case .noShards, .difference, .overlap, .tooManyCharacters, .foreign, .tooFewSamples:
    "remove the shard file, then `glyphline build` draws it again from its seeds"
  }
}

extension PipelineError: ReportedError {
  package var exitStatus: ExitStatus {
    switch self {
    case .missing, .noImages: .noInput
    case .folderExists: .cannotCreate
    default: cause?.exitStatus ?? .badData
    }
  }

  package var cause: (any ReportedError)? { if case .unusableShards(let error) = self { error } else { nil } }
}
