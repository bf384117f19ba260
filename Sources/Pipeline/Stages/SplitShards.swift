import Catalog
import Files
import Samples
import Shards
import Workers

/// The recorded shards of a split, and which of them are whole: their files, and their rows in the index.
struct SplitShards {
  let split: Split
  /// In order; empty where what is recorded was made from other inputs.
  let recorded: [ShardRow]
  /// Numbers of shards whose file is gone or not the one that was recorded, or whose samples are not all in the index.
  let damaged: Set<Int>

  var sampleCount: Int { recorded.reduce(0) { $0 + $1.records } }
  var wholeSampleCount: Int { recorded.reduce(0) { $0 + (damaged.contains($1.number) ? 0 : $1.records) } }

  /// Files that have changed since they were last found sound are read; where the workspace is open for work, the catalog
  /// is told that they are sound still.
  /// - Parameters:
  ///   - isCurrent: Whether the recorded shards were made from the inputs that are asked for.
  ///   - allowsDamagedBlocks: Whether a file counts as whole whose header and seek table are.
  init(_ split: Split, isCurrent: Bool, allowsDamagedBlocks: Bool, in records: Records) throws {
    self.split = split
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

  /// How the stage of these shards stands that is to have `count` samples in all.
  func state(of row: StageRow, count: Int) -> StageState {
    let whole = wholeSampleCount
    if sampleCount > count { return .stale(["datasets.\(split.rawValue).count: \(sampleCount) -> \(count)"]) }
    if whole < count { return .partlyDone("\(whole) of \(counted(count, "sample")) are there") }
    guard row.state == .done else { return .partlyDone("\(counted(count, "sample")) are to be recorded as complete") }
    return .done("\(counted(count, "sample")) in \(counted(recorded.count, "shard"))")
  }
}

/// What a look at a shard's file found.
private enum FileCheck: Sendable {
  /// The file is as it was when all of it was found sound.
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
