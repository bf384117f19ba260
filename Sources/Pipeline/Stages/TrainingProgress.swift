import Catalog
import Files
import Network
import Trainer

/// How far a training is by its records and checkpoint files, and from where it can go on to the result that it would have
/// had undisturbed.
struct TrainingProgress {
  /// Steps that need not be made again; 0 where it begins anew.
  let step: Int
  /// The checkpoint after them.
  let checkpoint: CheckpointRow?
  /// Why newer checkpoints cannot be used.
  let faults: [String]

  /// - Parameter validates: Whether the training validates at each regular checkpoint.
  init(_ checkpoints: CheckpointSchedule, validates: Bool, in records: Records) throws {
    let rows = try records.catalog?.checkpoints() ?? []
    let validations = try records.catalog?.validations().map { ValidationResult($0) } ?? []
    let lastStep = try records.catalog?.lastContinuousStep() ?? 0
    var faults: [String] = []
    let intact = rows.filter { row in
      guard let fault = Self.fault(of: row, in: records.workspace) else { return true }
      faults.append(fault)
      return false
    }
    let steps = Set(intact.map(\.step))
    // What is needed later must be there too: it would not be made again.
    checkpoint = intact.first { row in
      row.step <= lastStep
        && (!validates || validations.count { $0.step <= row.step } == checkpoints.dueCount(upTo: row.step))
        && checkpoints.needed(upTo: row.step, validations: validations).isSubset(of: steps)
    }
    step = checkpoint?.step ?? 0
    self.faults = faults
  }

  private static func fault(of row: CheckpointRow, in workspace: Workspace) -> String? {
    let path = workspace.path(ofFile: row.file)
    do throws(FileError) {
      let hash = ContentHash(of: try ReadableFile.contents(of: path))
      return hash.description == row.contentHash ? nil : "\(path) is not the file that was saved"
    } catch {
      return error.description
    }
  }
}
