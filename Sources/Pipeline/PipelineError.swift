import Files
import Loader
import Samples
import Shards
import Specs

/// Why a pipeline cannot go on. Its parts have errors of their own.
package enum PipelineError: Error, CustomStringConvertible {
  /// A stage whose result this command needs is missing or stale.
  case missing(stage: String, remedy: String)
  /// The workspace holds the results of another spec.
  case stale(stage: String, changes: [String])
  /// A split that the spec does not have; `present` lists those that it has.
  case noSuchSplit(Split, present: [Split])
  /// A split that the spec does not call imported.
  case notImported(Split)
  /// Files that cannot be imported. Notes have named them one by one.
  case badFiles(count: Int, of: Int)
  /// A table of files and labels that cannot be used.
  case invalidTable(path: String, reason: String)
  /// The addition of images to a split was interrupted, and now other images are to be added.
  case interruptedImport(Split)
  /// A file that changed during an import.
  case changedFile(path: String)
  /// Fewer training samples than one step infers.
  case tooFewSamples(count: Int, needed: Int)
  /// Recorded shards that are missing, damaged or inconsistent.
  case unusableShards(LoaderError, remedy: String)
  /// The indices of a recorded shard's samples do not follow those of the shard before.
  case disorderedShards(file: String, catalog: String)
  /// A folder without a file that may be an image.
  case emptyFolder(String)
  /// A folder that is to be created exists already.
  case folderExists(String)
  /// Another program's answers that are not one for each sample of a split.
  case wrongAnswers(split: Split, reason: String)
  /// A file name that does not begin with a label.
  case unlabelled(path: String)
  /// A shard has no record with this number.
  case noSuchRecord(Int, path: String, count: Int)
  /// A split whose images are imported has no samples to draw.
  case nothingToDraw(Split)
  /// A stored image was imported, so it has no seed to be drawn from again.
  case notDrawn(path: String)
  /// A stored image differs from what its seed gives.
  case drawnDifferently(path: String, seed: UInt64, pipeline: String)
  /// A line of a case file, or the whole file, that cannot be drawn.
  case invalidCase(path: String, line: Int?, reason: String)
  /// More samples than fit on a contact sheet.
  case sheetTooLarge(count: Int, allowed: Int)
  /// A rank that would not compute the same bytes as rank 0; `values` are its property and rank 0's, where a person
  /// can read them.
  case differentRank(Int, property: String, values: [String])
  /// A rank that does not see the lock that rank 0 holds on the workspace.
  case workspaceNotShared(String, host: String)
  /// The spec asks for a precision that this CPU does not support.
  case unsupportedPrecision(String, backend: String)

  package var description: String {
    switch self {
    case .missing(let stage, let remedy): "\(stage) is missing; \(remedy)"
    case .stale(let stage, let changes):
      "\(stage) was made for another spec (\(changes.joined(separator: "; "))); use that spec or another workspace"
    case .noSuchSplit(let split, let present):
      "the spec has no split \(split.rawValue), only \(present.map(\.rawValue).joined(separator: ", "));"
        + " add datasets.\(split.rawValue) to the spec or choose another split"
    case .notImported(let split):
      "the spec does not call the \(split.rawValue) split imported; write `\(split.rawValue): imported` under datasets"
    case .badFiles(let count, let total) where count == total:
      "none of the \(counted(total, "file")) can be imported; correct what the notes say"
    case .badFiles(let count, let total):
      "\(count) of \(counted(total, "file")) cannot be imported; correct them, or leave them out with --skip-bad"
    case .invalidTable(let path, let reason): "\(path): \(reason)"
    case .interruptedImport(let split):
      "an import into the \(split.rawValue) split was interrupted; finish it with the same command, or import all images"
        + " again without --add"
    case .changedFile(let path): "\(path) changed while the command ran; run it again"
    case .tooFewSamples(let count, let needed):
      "the train split has \(counted(count, "sample")), fewer than the \(needed) of a step (training.batch *"
        + " training.candidates); raise datasets.train.count, add images with `glyphline import --add`, or lower"
        + " training.batch"
    case .unusableShards(let error, let remedy): "\(error); \(remedy)"
    case .disorderedShards(let file, let catalog):
      "\(catalog): the samples of \(file) do not follow those of the shard before; run `glyphline reindex`"
    case .emptyFolder(let path): "\(path) has no image files; give a folder that has some"
    case .wrongAnswers(let split, let reason):
      "the answers are not one for each sample of the \(split.rawValue) split: \(reason)"
    case .folderExists(let path): "\(path) exists; remove it or choose another folder"
    case .unlabelled(let path):
      "\(path): the file name has no label; name it like AB12_anything.png"
    case .noSuchRecord(let number, let path, let count):
      "\(path) has no record \(number); its records are 0...\(count - 1)"
    case .nothingToDraw(let split):
      "the spec calls the \(split.rawValue) split imported, so its images are not drawn; choose another split, or write them as"
        + " files with `glyphline export images`"
    case .notDrawn(let path): "\(path): its images were imported and cannot be drawn again"
    case .drawnDifferently(let path, let seed, let pipeline):
      "\(path): the spec of \(pipeline) draws another image from seed \(seed) than the stored one; the shard was made"
        + " for another spec or by another version of the generator"
    case .invalidCase(let path, let line, let reason):
      path + (line.map { " line \($0)" } ?? "") + ": " + reason
    case .sheetTooLarge(let count, let allowed):
      "a sheet of \(counted(count, "sample")) is too large; allowed: up to \(allowed) of this size"
    case .differentRank(let rank, let property, let values):
      "rank \(rank) has another \(property) than rank 0"
        + (values.isEmpty ? "" : " (\(values.joined(separator: ", and not ")))")
        + "; all ranks need the same spec, the same build of the program, and CPUs of one kind"
    case .workspaceNotShared(let path, let host):
      "\(path) on \(host) is not the workspace of rank 0; give all ranks a folder on a file system that they share"
    case .unsupportedPrecision(let precision, let backend):
      "training.precision: \(backend) does not support \(precision) on this CPU; use auto or float32"
    }
  }
}

extension PipelineSpec {
  /// - Throws: `PipelineError.noSuchSplit` where the spec does not have `split`.
  func require(_ split: Split) throws(PipelineError) {
    guard datasets[split] != nil else { throw .noSuchSplit(split, present: datasets.keys.sorted()) }
  }
}

extension PipelineError: ReportedError {
  package var exitStatus: ExitStatus {
    switch self {
    case .missing, .emptyFolder: .noInput
    case .folderExists: .cannotCreate
    default: cause?.exitStatus ?? .badData
    }
  }

  package var cause: (any ReportedError)? { if case .unusableShards(let error, _) = self { error } else { nil } }
}
