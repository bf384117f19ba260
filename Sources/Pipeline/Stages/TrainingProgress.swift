import Catalog
import Files
import Network
import Trainer

/// How far a training has come, by its records and checkpoint files. A training that resumes from `checkpoint` ends with
/// the same result as without an interruption.
struct TrainingProgress {
  /// Steps that are done; 0 where training starts over.
  let step: Int
  /// The checkpoint after these steps.
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
    // Earlier checkpoints and validations that are needed later must exist too, since they would not be made again.
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
      return hash.description == row.contentHash ? nil : "\(path) was changed or damaged"
    } catch {
      return error.description
    }
  }
}
