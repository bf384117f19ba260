import Catalog
import Files
import Foundation
import Network
import Samples
import Shards
import Workers

/// Damage to a stored file or to the catalog.
package struct StorageFault: Error, Equatable, Encodable, CustomStringConvertible {
  package let file: String
  /// Position of the fault in a shard, as in `ShardError.damaged`.
  package var frame: Int?
  package var byteOffset: Int?
  package let problem: String

  private enum CodingKeys: String, CodingKey {
    case file, frame, byteOffset
    case problem = "fault"
  }

  package var description: String {
    guard let frame, let byteOffset else { return "\(file): \(problem)" }
    return "\(file): frame \(frame) at byte \(byteOffset): \(problem)"
  }
}

extension StorageFault {
  init(_ error: ShardError) {
    switch error {
    case .damaged(let path, let frame, let byteOffset, let fault):
      self.init(file: path, frame: frame, byteOffset: byteOffset, problem: fault.description)
    case .file(let error):
      self.init(file: error.path, problem: error.description)
    }
  }
}

/// A full check of stored data: every byte of every shard, every row of the index, checkpoints and model. It
/// changes nothing, so it can run beside another command.
package struct Verification: Sendable, Encodable {
  package private(set) var shardCount = 0
  package private(set) var recordCount = 0
  package private(set) var faults: [StorageFault] = []

  private enum CodingKeys: String, CodingKey {
    case faults
    case shardCount = "shards"
    case recordCount = "records"
  }

  /// Checks one shard file.
  /// - Throws: `FileError` where the file cannot be opened.
  package init(ofShard path: String) throws(FileError) {
    _ = try ReadableFile(path)
    let check = ShardCheck(path)
    shardCount = 1
    recordCount = check.samples.count
    faults = check.faults
  }

  /// Checks everything that the catalog of a workspace lists.
  /// - Throws: `PipelineError.missing` without a catalog, `CatalogError`, `Interrupted`.
  package init(
    of workspace: Workspace, team: Team, cancellation: Cancellation, report: (PipelineEvent) -> Void
  ) throws {
    guard let catalog = try workspace.recordedCatalog() else {
      throw PipelineError.missing(
        stage: "the catalog \(workspace.catalogPath)",
        remedy: "`glyphline build` makes it, or `glyphline reindex` from existing shards")
    }
    faults += try catalog.faults().map { StorageFault(file: catalog.path, problem: $0) }
    let shards = try Split.allCases.flatMap { try catalog.shards(of: $0) }
    let total = shards.reduce(0) { $0 + $1.records }
    let checks = OrderedStream(jobs: 0..<shards.count, threadCount: team.threadCount, window: team.threadCount + 1) {
      try ShardCheck(workspace.path(ofFile: shards[$0].file), recordedAs: shards[$0], in: catalog)
    }
    for shard in shards {
      try cancellation.check()
      guard let check = try checks.next() else { preconditionFailure("the stream has a check for every shard") }
      shardCount += 1
      recordCount += check.samples.count
      faults += check.faults
      report(.progress(stage: "verify", done: recordCount, total: total, unit: "samples", detail: shard.file))
    }
    try checkTraining(of: workspace, catalog: catalog)
  }

  private mutating func checkTraining(of workspace: Workspace, catalog: Catalog) throws {
    for row in try catalog.checkpoints() {
      let path = workspace.path(ofFile: row.file)
      do {
        _ = try Checkpoint(contentsOf: path, hash: row.contentHash)
      } catch {
        faults.append(StorageFault(file: path, problem: error.description))
      }
    }
    guard try catalog.stage(named: "train")?.state == .done else { return }
    do {
      _ = try ModelFile(contentsOf: workspace.modelPath)
    } catch {
      faults.append(StorageFault(file: workspace.modelPath, problem: "\(error)"))
    }
  }
}

/// The samples and faults of one shard file.
struct ShardCheck: Sendable {
  /// Samples of all undamaged blocks.
  private(set) var samples: [IndexedSample] = []
  private(set) var faults: [StorageFault] = []

  init(_ path: String) {
    var samples: [IndexedSample] = []
    faults = ShardVerifier.verify(path) { block, header in
      for number in 0..<block.recordCount {
        let sample = block.record(number)
        let charset = header.charsets[sample.charset]
        samples.append(
          IndexedSample(
            index: sample.index, record: Int(sample.index - header.firstIndex),
            label: charset.text(of: sample.label), charset: charset.text, seed: sample.seed))
      }
    }.map { StorageFault($0) }
    self.samples = samples
  }

  /// Also compares the shard with the catalog.
  init(_ path: String, recordedAs row: ShardRow, in catalog: Catalog) throws {
    self.init(path)
    guard faults.isEmpty else { return }
    let reader = try ShardReader(path)
    guard ShardRow(reader, number: row.number, file: row.file) == row else {
      faults.append(StorageFault(file: path, problem: "it is undamaged, but not the shard that the catalog lists"))
      return
    }
    let rows = try catalog.samples(of: row)
    guard rows != samples else { return }
    let difference = zip(rows, samples).first { $0 != $1 }
    let detail =
      difference.map { "sample \($1.index) is '\($1.label)' of seed \($1.seed) in the shard" } ?? "rows are missing"
    faults.append(
      StorageFault(
        file: catalog.path,
        problem: "the index differs from \(row.file): \(detail); `glyphline reindex` rebuilds it"))
  }
}

extension ShardRow {
  /// The row that describes a shard file.
  init(_ header: ShardHeader, number: Int, file: String, byteCount: Int, fingerprint: ContentHash) {
    self.init(
      split: header.split, number: number, file: file, firstIndex: header.firstIndex, records: header.recordCount,
      byteCount: byteCount, contentHash: fingerprint.description)
  }

  init(_ reader: ShardReader, number: Int, file: String) {
    self.init(
      reader.header, number: number, file: file, byteCount: reader.byteCount, fingerprint: reader.fingerprint)
  }
}
