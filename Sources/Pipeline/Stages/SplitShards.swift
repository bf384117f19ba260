import Catalog
import Files
import Samples
import Shards
import Workers

/// The recorded shards of a split, and which of them are damaged, in their files or in the index.
struct SplitShards {
  let split: Split
  /// Whether the recorded shards were made from the present inputs.
  let isCurrent: Bool
  /// In order; empty where the recorded ones were made from other inputs.
  let recorded: [ShardRow]
  /// Numbers of shards whose file is missing or not the recorded one, or whose samples are not all in the index.
  let damaged: Set<Int>

  var sampleCount: Int { recorded.reduce(0) { $0 + $1.records } }
  var intactSampleCount: Int { recorded.reduce(0) { $0 + (damaged.contains($1.number) ? 0 : $1.records) } }

  /// Reads only files that have changed since they were last verified. Where the workspace is open for work, the
  /// catalog records that they are intact.
  /// - Parameters:
  ///   - isCurrent: Whether the recorded shards were made from the present inputs.
  ///   - allowsDamagedBlocks: Whether an intact header and seek table suffice for a file to count as intact.
  init(_ split: Split, isCurrent: Bool, allowsDamagedBlocks: Bool, in records: Records) throws {
    (self.split, self.isCurrent) = (split, isCurrent)
    guard isCurrent, let catalog = records.catalog else {
      (recorded, damaged) = ([], [])
      return
    }
    let (recorded, workspace) = (try catalog.shards(of: split), records.workspace)
    let times = try catalog.modificationTimes(of: split)
    let threadCount = Team().threadCount
    let checks = OrderedStream(jobs: 0..<recorded.count, threadCount: threadCount, window: 2 * threadCount) { index in
      let shard = recorded[index]
      guard try catalog.isIndexed(shard) else { return FileCheck.damaged }
      return FileCheck(
        workspace.path(ofFile: shard.file), as: shard, soundAt: times[shard.number],
        allowsDamagedBlocks: allowsDamagedBlocks)
    }
    var damaged: Set<Int> = []
    for shard in recorded {
      switch try checks.next() {
      case .verified(let modified):
        if records.isOpenForWork { try catalog.recordSound(shard, modified: modified) }
      case .damaged: damaged.insert(shard.number)
      case .unchanged, nil: break
      }
    }
    (self.recorded, self.damaged) = (recorded, damaged)
  }

  /// The shards, if they stay where the split shall have `count` samples; nil if all are to be made anew.
  func kept(forCount count: Int) -> SplitShards? { isCurrent && sampleCount <= count ? self : nil }

  /// The state of the stage that makes these shards, of a split that should have `count` samples.
  func state(of row: StageRow, count: Int) -> StageState {
    let intact = intactSampleCount
    if sampleCount > count { return .stale(["datasets.\(split.rawValue).count: \(sampleCount) -> \(count)"]) }
    if intact < count { return .partlyDone("\(intact) of \(counted(count, "sample")) exist") }
    guard row.state == .done else { return .partlyDone("all samples exist; the stage is not recorded as done") }
    return .done("\(counted(count, "sample")) in \(counted(recorded.count, "shard"))")
  }
}

/// The result of checking a shard's file.
private enum FileCheck: Sendable {
  /// Unchanged since all of it was verified.
  case unchanged
  case verified(modified: Int)
  case damaged

  init(_ path: String, as shard: ShardRow, soundAt time: Int?, allowsDamagedBlocks: Bool) {
    guard let status = FileStatus(path), status.byteCount == shard.byteCount else {
      self = .damaged
      return
    }
    if status.modified == time {
      self = .unchanged
    } else if (try? ShardReader(path))?.fingerprint.description != shard.contentHash {
      self = .damaged
    } else if ShardVerifier.verify(path).isEmpty {
      self = .verified(modified: status.modified)
    } else {
      self = allowsDamagedBlocks ? .unchanged : .damaged
    }
  }
}
