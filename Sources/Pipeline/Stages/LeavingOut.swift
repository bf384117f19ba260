import Catalog
import Loader
import Samples
import Specs

extension Session {
  /// A handler that records and reports a damaged block which a stage leaves out; nil where the spec tells it to stop.
  func leavingOut(stage: String, split: Split, _ spec: ShardSpec) throws -> ((LeftOutBlock) throws -> Void)? {
    guard spec.onCorrupt == .skip else { return nil }
    let shards = try catalog.shards(of: split)
    return { [catalog, workspace, report] block in
      guard let shard = shards.first(where: { workspace.path(ofFile: $0.file) == block.path }) else {
        preconditionFailure("a dataset consists of recorded shards")
      }
      let isNew = try catalog.recordLeftOut(
        LeftOutRow(
          stage: stage, split: split, shard: shard.number, block: block.number, records: block.records,
          fault: block.error.description))
      if isNew { report(.note("leaving out \(counted(block.records.count, "sample")): \(block.error)")) }
    }
  }
}

extension ShardSpec {
  /// A handler that leaves out a damaged block, which rank 0 records; nil where the spec tells it to stop.
  var silentLeaveOut: ((LeftOutBlock) throws -> Void)? { onCorrupt == .skip ? { _ in } : nil }
}
