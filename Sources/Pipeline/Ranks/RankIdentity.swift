import Files
import Foundation
import Ranks

extension RankGroup {
  /// Makes sure that all ranks would compute the same bytes.
  /// - Throws: `PipelineError.differentRank`.
  func requireEqualRanks(_ stages: PipelineStages, on engine: Engine) throws {
    guard count > 1 else { return }
    let (own, agreement) = try agree {
      let own = [
        "spec": ContentHash(of: stages.train.spec.text).description,
        "program": ContentHash(of: try ReadableFile.contents(of: codeFile())).description,
        "compute engine": "\(engine.backend.name), \(engine.precision.rawValue)",
        "font or FreeType": "\(stages.generatorIdentity)",
      ]
      return (own, Array(try JSONEncoder().encode(own)))
    }
    let all = try agreement.attachments.map { try JSONDecoder().decode([String: String].self, from: Data($0)) }
    for property in own.keys.sorted() {
      guard let rank = all.firstIndex(where: { $0[property] != all[0][property] }) else { continue }
      let values = [rank, 0].compactMap { all[$0][property] }
      throw PipelineError.differentRank(
        rank, property: property, values: property == "compute engine" ? values : [])
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

/// The file from which the system loaded this code: the program, or, as in packages, its library.
private func codeFile() -> String {
  let address = UInt(bitPattern: #dsohandle)
  let mappings = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
  // Each line is START-END PERMISSIONS OFFSET DEVICE INODE PATH (proc_pid_maps(5)).
  for line in mappings.split(separator: "\n") {
    let words = line.split(separator: " ", maxSplits: 5)
    let bounds = (words.first ?? "").split(separator: "-").compactMap { UInt($0, radix: 16) }
    guard words.count == 6, bounds.count == 2, bounds[0] <= address, address < bounds[1] else { continue }
    return words[5].trimmingCharacters(in: .whitespaces)
  }
  return Bundle.main.executablePath ?? CommandLine.arguments[0]
}
