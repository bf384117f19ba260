import Catalog
import Files
import Foundation
import Samples
import Shards
import Workers

extension SampleStage {
  /// Writes the missing shards of the split; all of them, where the existing ones were made from other inputs.
  /// - Parameters:
  ///   - kept: Shards that stay; nil for those that were made from the same inputs.
  ///   - result: As in `StageRow`.
  func write(
    _ source: SampleSource, count: Int, keeping kept: SplitShards? = nil, result: String? = nil, in session: Session,
    on engine: Engine
  ) throws {
    let inputs = source.inputs
    let kept = try (kept ?? shards(for: inputs, in: session.records)).kept(forCount: count)
    if let kept {
      try session.catalog.recordStage(row(.running, inputs, result: result))
      for shard in kept.recorded where kept.damaged.contains(shard.number) {
        session.report(
          .note("\(session.workspace.path(ofFile: shard.file)) is missing or damaged; it is \(source.verb) again"))
      }
    } else {
      try session.catalog.restartBuild(row(.running, inputs, result: result), of: split)
    }
    var plans = try plans(count: count, after: kept, from: source, catalogPath: session.catalog.path)
    let start = Date()
    let plannedCount = plans.count
    plans = try recordFound(plans, except: kept?.damaged ?? [], in: session, on: engine)
    if plans.count < plannedCount {
      session.report(
        .note(
          "\(counted(plannedCount - plans.count, "shard")) of the \(split.rawValue) split found in"
            + " \(session.workspace.shardsPath)"))
    }
    let written = plans.reduce(0) { $0 + $1.header.recordCount }
    if try makeOnRanks(plans, in: session, on: engine) {
      // A client of NFS remembers for a while that a file is missing, but not beyond a listing of its folder.
      _ = try FileManager.default.contentsOfDirectory(atPath: session.workspace.shardsPath)
      plans = try recordFound(plans, except: [], in: session, on: engine)
    }
    let maker = ShardMaker(
      source: source, stage: name, workspace: session.workspace, fileSystem: session.fileSystem,
      threadCount: engine.team.threadCount, cancellation: session.cancellation, report: session.report)
    try maker.make(plans, total: count) { plan, summary, samples in
      let file = session.workspace.shardFile(split, number: plan.number)
      let row = ShardRow(
        plan.header, number: plan.number, file: file, byteCount: summary.byteCount, fingerprint: summary.fingerprint)
      try session.record(row, charsets: source.charsets, samples: samples)
    }
    try removeStrays(in: session)
    try session.catalog.recordStage(row(.done, inputs, result: result))
    session.report(
      .finished(
        stage: name,
        summary: "\(counted(written, "sample")) \(source.verb), \(perSecond(written, since: start)) a second"))
  }

  /// Records the planned shards that are there already, whole and undamaged: those of partial builds, and those of a
  /// command that was killed before it could record them.
  /// - Parameter damaged: Numbers of recorded shards that are not as they were recorded.
  /// - Returns: The other plans.
  private func recordFound(
    _ plans: [ShardPlan], except damaged: Set<Int>, in session: Session, on engine: Engine
  ) throws -> [ShardPlan] {
    let (workspace, threadCount) = (session.workspace, engine.team.threadCount)
    let found = OrderedStream(jobs: 0..<plans.count, threadCount: threadCount, window: threadCount + 1) { index in
      damaged.contains(plans[index].number) ? nil : FoundShard(plans[index], in: workspace)
    }
    var missing: [ShardPlan] = []
    for plan in plans {
      try session.cancellation.check()
      if let shard = try found.next() ?? nil {
        try session.record(shard.row, charsets: plan.header.charsets, samples: shard.samples)
      } else {
        missing.append(plan)
      }
    }
    return missing
  }

  /// Removes shards of an earlier spec that the new ones did not overwrite.
  private func removeStrays(in session: Session) throws {
    let recorded = Set(try session.catalog.shards(of: split).map(\.file))
    let folder = session.workspace.shardsPath
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    where name.hasPrefix(split.rawValue + "-") && name.hasSuffix(".shard.zst") && !recorded.contains("shards/" + name) {
      session.report(.note("removing \(folder)/\(name), a shard of an earlier spec"))
      try session.fileSystem.remove(folder + "/" + name)
    }
  }
}

extension Session {
  fileprivate func record(_ shard: ShardRow, charsets: [Alphabet], samples: [SampleRow]) throws {
    let modified = FileStatus(workspace.path(ofFile: shard.file))?.modified ?? 0
    try catalog.recordShard(shard, modified: modified, charsets: charsets, samples: samples)
  }
}
