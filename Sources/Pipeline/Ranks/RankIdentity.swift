import Files
import Foundation
import Ranks

extension RankGroup {
  /// Makes sure that all ranks would compute the same bytes.
  /// - Throws: `PipelineError.differentRank`.
  func requireEqualRanks(_ stages: PipelineStages, on engine: Engine) throws {
    guard count > 1 else { return }
    let properties = [
      ("spec", ContentHash(of: stages.train.spec.text).description),
      (
        "program",
        ContentHash(of: try ReadableFile.contents(of: Bundle.main.executablePath ?? "/proc/self/exe")).description
      ),
      ("compute engine", "\(engine.backend.name), \(engine.precision.rawValue)"),
      ("fonts", "\(stages.generatorIdentity)"),
    ]
    let own = properties.map(\.1).joined(separator: "\n")
    let (_, agreement) = try agree { ((), Array(own.utf8)) }
    let values = agreement.attachments.map {
      String(decoding: $0, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }
    for (rank, others) in values.enumerated() {
      for (index, property) in properties.enumerated() where others[index] != values[0][index] {
        throw PipelineError.differentRank(
          rank, property: property.0,
          values: property.0 == "compute engine" ? [String(others[index]), String(values[0][index])] : [])
      }
    }
  }

  /// Makes sure that all ranks work in one workspace.
  /// - Parameter workspace: Rank 0 holds its lock.
  /// - Throws: `PipelineError.workspaceNotShared`.
  func requireShared(_ workspace: Workspace) throws {
    guard count > 1 else { return }
    let (_, agreement) = try agree { ((), isFirst ? Array(LockHolder.current.line.utf8) : []) }
    let holder = LockHolder(line: String(decoding: agreement.attachments[0], as: UTF8.self))
    _ = try agree {
      guard isFirst || holder.map(workspace.isLocked) == true else {
        throw PipelineError.workspaceNotShared(workspace.path, host: LockHolder.current.host)
      }
    }
  }
}
