import Catalog
import Files
import Samples
import Shards
import Specs

/// What a repair did.
package struct RepairReport: Sendable {
  package struct Shard: Sendable {
    package let file: String
    package let blockCount: Int
    /// Blocks that were drawn again; the others were sound.
    package let drawnBlockCount: Int
  }

  package fileprivate(set) var repaired: [Shard] = []
  /// What is still wrong.
  package fileprivate(set) var remaining: [StorageFault] = []
}

extension Pipeline {
  /// Makes every recorded shard that is damaged or missing what it was, bit for bit: blocks that are sound are kept, the
  /// others drawn again from their seeds.
  package func repair() throws -> RepairReport {
    var result = RepairReport()
    for split in Split.allCases {
      for shard in try catalog.shards(of: split) {
        try cancellation.check()
        let path = workspace.path(ofFile: shard.file)
        let faults = try ShardCheck(path, recordedAs: shard, in: catalog).faults
        guard faults.contains(where: { $0.file == path }) else {
          result.remaining += faults
          continue
        }
        try repair(shard, at: path, faults: faults, into: &result)
      }
    }
    return result
  }

  private func repair(
    _ shard: ShardRow, at path: String, faults: [StorageFault], into result: inout RepairReport
  ) throws {
    let hindrance = try hindranceToDrawing(shard.split)
    let source = SampleSource.drawn(shard.split, of: spec, by: generator)
    // Without its samples, what is left to mend is a seek table.
    guard
      let header = hindrance == nil
        ? try source.header(of: spec, firstIndex: Int(shard.firstIndex), recordCount: shard.records)
        : try? ShardReader.header(of: path)
    else {
      result.remaining += faults + [StorageFault(file: path, problem: hindrance ?? "")]
      return
    }
    var packing = BlockPacking(source)
    let outcome = try ShardRepair.repair(path, header: header, fingerprint: shard.contentHash, in: fileSystem) {
      number in
      hindrance == nil ? (try? packing.pack(block: number, of: header))?.block : nil
    }
    switch outcome {
    case .repaired(let blocks):
      try catalog.recordMended(shard)
      result.repaired.append(
        RepairReport.Shard(file: path, blockCount: header.blockCount, drawnBlockCount: blocks.count))
    case .lost(let faults):
      result.remaining += faults.map { StorageFault($0) } + [StorageFault(file: path, problem: hindrance ?? "")]
    case .different:
      result.remaining.append(
        StorageFault(
          file: path,
          problem: "drawn again, it is not the shard that was recorded: libzstd may be of another version now"))
    }
  }

  /// Why samples of a split that are recorded cannot be drawn by this spec; nil where they can.
  private func hindranceToDrawing(_ split: Split) throws -> String? {
    if case .imported = spec.datasets[split] { return "it cannot be drawn again: its images were imported" }
    let request = try buildRequest(split)
    let recorded = try catalog.stage(named: request.name)
    guard recorded?.contentHash != request.hash.description else { return nil }
    let changes = specDifferences(from: recorded?.spec ?? "", to: request.text).map(\.description).joined(
      separator: "; ")
    return "it cannot be drawn again: the spec has changed since (\(changes))"
  }
}
