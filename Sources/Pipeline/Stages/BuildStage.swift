import Files
import Foundation
import Generator
import Loader
import Ranks
import Samples
import Shards
import Specs
import Workers

/// Draws the samples of a split.
struct BuildStage: SampleStage {
  let split: Split
  let spec: PipelineSpec
  let generator: CaptchaGenerator
  /// How many samples the spec asks for.
  let drawnCount: Int

  var count: Int? { drawnCount }
  var remedy: String { "`glyphline build` draws it" }

  func remedy(for error: LoaderError) -> String {
    switch error {
    case .shard(.damaged(_, _, _, let fault)) where fault.isOfOneBlock:
      "`glyphline repair` draws the block again from its seeds; or set `shards: {on_corrupt: skip}` in the spec, to go"
        + " on without it"
    case .shard, .nothingLeft: "`glyphline repair` draws damaged or missing blocks again from their seeds"
    case .noShards, .difference, .overlap, .tooManyCharacters, .foreign, .tooFewSamples:
      "remove the shard file, then `glyphline build` draws it again from its seeds"
    }
  }

  /// The number of samples is not among them: raising it adds shards and changes none.
  var inputs: StageInputs {
    let generator = generator.identity
    return StageInputs(
      [
        StageInputs.section("captcha", spec.captcha.canonicalText),
        StageInputs.section("shards", spec.shards.canonicalText), "seed=\(spec.seed)",
        "shard format version=\(HeaderLayout.version)", "generator version=\(generator.version)",
        "FreeType version=\(generator.freeTypeVersion)",
      ] + generator.fonts.map { "font file \($0.name)=\($0.hash)" })
  }

  func sampleInputs(in records: Records) -> StageInputs { inputs }

  func run(in session: Session, on engine: Engine) throws {
    try write(source, count: drawnCount, in: session, on: engine)
  }

  func makeOnRanks(_ plans: [ShardPlan], in session: Session, on engine: Engine) throws -> Bool {
    let group = session.group
    guard group.count > 1, !plans.isEmpty else { return false }
    let shards = plans.map { plan in
      BuildAssignment.Shard(
        number: plan.number, firstIndex: Int(plan.header.firstIndex), recordCount: plan.header.recordCount)
    }
    try group.assign(.build(BuildAssignment(split: split, shards: shards)))
    try drawOwn(
      plans, in: session.workspace, session.fileSystem, group, on: engine, session.cancellation,
      report: session.report)
    return true
  }

  /// Does the part of a rank other than the first.
  func assist(
    _ assignment: BuildAssignment, in workspace: Workspace, _ fileSystem: any FileSystem, _ group: RankGroup,
    on engine: Engine, _ cancellation: Cancellation
  ) throws {
    let source = source
    let plans = try assignment.shards.map { shard in
      ShardPlan(
        number: shard.number,
        header: try source.header(of: spec, firstIndex: shard.firstIndex, recordCount: shard.recordCount))
    }
    try drawOwn(plans, in: workspace, fileSystem, group, on: engine, cancellation) { _ in }
  }

  /// Samples of a rank between two agreements, after which all ranks know of an error or a stop.
  private static let roundSampleCount = 1 << 15

  /// Draws this rank's part of the shards, and waits for the others.
  private func drawOwn(
    _ plans: [ShardPlan], in workspace: Workspace, _ fileSystem: any FileSystem, _ group: RankGroup,
    on engine: Engine, _ cancellation: Cancellation, report: @escaping (PipelineEvent) -> Void
  ) throws {
    let partition = Partition(plans.count, to: group.ranks)
    let (own, total) = (plans[partition.own], plans.reduce(0) { $0 + $1.header.recordCount })
    var drawn = 0
    let maker = ShardMaker(
      source: source, stage: name, workspace: workspace, fileSystem: fileSystem,
      threadCount: engine.team.threadCount, cancellation: cancellation
    ) { event in
      guard case .progress(let stage, let done, _, let unit, let detail) = event else { return }
      // The other ranks have drawn about as many.
      let all = min(total, (drawn + done) * group.count)
      report(.progress(stage: stage, done: all, total: total, unit: unit, detail: detail))
    }
    let atATime = max(1, Self.roundSampleCount / spec.shards.records)
    let largest = partition.parts.map(\.count).max() ?? 0
    for first in stride(from: 0, to: largest, by: atATime) {
      let (_, agreement) = try group.agree(isCancelled: cancellation.isCancelled) {
        let round = Array(own.dropFirst(first).prefix(atATime))
        let count = round.reduce(0) { $0 + $1.header.recordCount }
        try maker.make(round, total: count, sharesFolder: true) { _, _, _ in }
        drawn += count
      }
      if agreement.isCancelled { throw Interrupted() }
    }
  }

  /// The generator: every sample is a function of its index in the split.
  var source: SampleSource {
    let (split, seed, generator) = (split, spec.seed, generator)
    return SampleSource(
      inputs: inputs, split: split, generatorVersion: generator.identity.version, charsets: spec.captcha.charsets,
      verb: "drawn"
    ) { index in
      generator.generate(for: split, index: index, seed: split.seed(ofSample: index, pipelineSeed: seed))
    }
  }
}
