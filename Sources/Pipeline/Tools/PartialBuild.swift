import Files
import Samples
import Specs
import Workers

/// One of several parts of a build, which any machines draw at any time into the same workspace.
package struct BuildPart: Sendable, Hashable, CustomStringConvertible {
  /// From 1.
  package let number: Int
  package let count: Int

  /// - Parameter text: `NUMBER/COUNT`; nil results where that is no part.
  package init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let number = numbers[0], let count = numbers[1], 1 <= number, number <= count else {
      return nil
    }
    (self.number, self.count) = (number, count)
  }

  package var description: String { "\(number)/\(count)" }

  /// Shards are dealt out, so that a split of any size is shared.
  fileprivate func contains(_ plan: ShardPlan) -> Bool { plan.number % count == number - 1 }
}

/// What a part of a build did for a split.
package struct PartSummary: Sendable, Encodable {
  package let split: Split
  /// Shards of the part that it drew.
  package let drawn: Int
  /// Shards of the part that were there already.
  package let found: Int
}

/// Draws the shards of one part that are missing. It changes nothing but the shard files; the next `build` of the whole
/// records them.
/// - Parameters:
///   - split: nil for all drawn splits.
///   - threadCount: nil for all CPUs that the process may use.
/// - Throws: `PipelineError.noSuchSplit`, `LockError.held` where a command writes in the workspace, and errors of the spec
///   and the files.
package func buildPart(
  _ part: BuildPart, of spec: PipelineSpec, only split: Split?, in workspace: Workspace, threadCount: Int?,
  fileSystem: any FileSystem = SystemFileSystem(), cancellation: Cancellation,
  report: @escaping (PipelineEvent) -> Void
) throws -> [PartSummary] {
  let engine = try Engine(spec.training.precision, threadCount: threadCount)
  let stages = try PipelineStages(spec, on: engine)
  let chosen = try split.map { [try stages.samples(of: $0)] } ?? stages.samples
  let lock = try workspace.prepare(in: fileSystem, as: .shared)
  defer { withExtendedLifetime(lock) {} }
  let records = try Records(readFrom: workspace)
  for stage in chosen where !(stage is BuildStage) {
    report(.note("the \(stage.split.rawValue) split is imported, so no part of it is drawn"))
  }
  return try chosen.compactMap { $0 as? BuildStage }.map { stage in
    let (name, state) = ("\(stage.name), part \(part)", try records.state(of: stage))
    report(
      state.reasonToRun.map { .started(stage: name, reason: $0) } ?? .skipped(stage: name, reason: state.detail))
    let kept = try stage.shards(for: stage.inputs, in: records).kept(forCount: stage.drawnCount)
    let plans = try stage.plans(
      count: stage.drawnCount, after: kept, from: stage.source, catalogPath: workspace.catalogPath
    ).filter(part.contains)
    let damaged = kept?.damaged ?? []
    let found = engine.team.map(count: plans.count, atATime: 1) { index in
      !damaged.contains(plans[index].number) && FoundShard(plans[index], in: workspace) != nil
    }
    let missing = zip(plans, found).filter { !$0.1 }.map(\.0)
    let maker = ShardMaker(
      source: stage.source, stage: name, workspace: workspace, fileSystem: fileSystem,
      threadCount: engine.team.threadCount, cancellation: cancellation, report: report)
    let total = plans.reduce(0) { $0 + $1.header.recordCount }
    try maker.make(missing, total: total, sharesFolder: true) { _, _, _ in }
    return PartSummary(split: stage.split, drawn: missing.count, found: plans.count - missing.count)
  }
}
