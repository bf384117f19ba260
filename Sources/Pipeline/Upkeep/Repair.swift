import Catalog
import Files
import Samples
import Shards
import Specs

/// The result of a repair.
package struct RepairReport: Sendable, Encodable {
  package struct Shard: Sendable, Encodable {
    package let file: String
    package let blockCount: Int
    /// Blocks that were drawn again; the others were undamaged.
    package let drawnBlockCount: Int

    private enum CodingKeys: String, CodingKey {
      case file
      case blockCount = "blocks"
      case drawnBlockCount = "drawnBlocks"
    }
  }

  package fileprivate(set) var repaired: [Shard] = []
  /// Faults that remain.
  package fileprivate(set) var remaining: [StorageFault] = []
}

/// Restores recorded shards that are damaged or missing, bit for bit: undamaged blocks are kept, the others are drawn
/// again from their seeds.
struct Repair {
  let session: Session
  let stages: PipelineStages
  fileprivate(set) var result = RepairReport()

  consuming func run() throws -> RepairReport {
    let catalog = session.catalog
    for split in Split.allCases {
      for shard in try catalog.shards(of: split) {
        try session.cancellation.check()
        let path = session.workspace.path(ofFile: shard.file)
        let faults = try ShardCheck(path, recordedAs: shard, in: catalog).faults
        if faults.contains(where: { $0.file == path }) {
          try repair(shard, at: path, faults: faults)
        } else {
          result.remaining += faults
        }
      }
    }
    return result
  }

  private mutating func repair(_ shard: ShardRow, at path: String, faults: [StorageFault]) throws {
    func fault(_ problem: String) -> StorageFault { StorageFault(file: path, problem: problem) }
    let outcome: ShardRepair.Outcome
    let header: ShardHeader
    var reason: [StorageFault] = []
    switch try redrawing(shard.split) {
    case .possible(let stage):
      header = try stage.source.header(of: stage.spec, firstIndex: Int(shard.firstIndex), recordCount: shard.records)
      var packing = BlockPacking(stage.source)
      outcome = try repair(shard, at: path, header) { try? packing.pack(block: $0, of: header).block }
    case .impossible(let why):
      reason = [fault("it cannot be drawn again: \(why)")]
      // If blocks cannot be drawn again, only the seek table can be repaired.
      guard let found = try? ShardReader.header(of: path) else {
        result.remaining += faults + reason
        return
      }
      header = found
      outcome = try repair(shard, at: path, header) { _ in nil }
    }
    switch outcome {
    case .repaired(let blocks):
      try session.catalog.recordMended(shard)
      result.repaired.append(
        RepairReport.Shard(file: path, blockCount: header.blockCount, drawnBlockCount: blocks.count))
    case .lost(let faults): result.remaining += faults.map { StorageFault($0) } + reason
    case .different:
      result.remaining.append(
        fault("drawn again, it differs from the recorded shard; libzstd may have another version now"))
    }
  }

  private func repair(
    _ shard: ShardRow, at path: String, _ header: ShardHeader, drawing: (Int) -> EncodedBlock?
  ) throws -> ShardRepair.Outcome {
    try ShardRepair.repair(
      path, header: header, fingerprint: shard.contentHash, in: session.fileSystem, remake: drawing)
  }

  /// Whether this spec can draw the recorded samples of a split again.
  private enum Redrawing {
    case possible(BuildStage)
    case impossible(String)
  }

  private func redrawing(_ split: Split) throws -> Redrawing {
    guard let stage = stages.samples.first(where: { $0.split == split }) else {
      return .impossible("the spec no longer has the split")
    }
    guard let stage = stage as? BuildStage else { return .impossible("its images were imported; import them again") }
    let recorded = try session.catalog.stage(named: stage.name)
    if recorded?.contentHash == stage.inputs.hash.description { return .possible(stage) }
    let changes = specDifferences(from: recorded?.spec ?? "", to: stage.inputs.text).map(\.description)
    return .impossible("the spec has changed since (\(changes.joined(separator: "; ")))")
  }
}
