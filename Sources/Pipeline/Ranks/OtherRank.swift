import Files
import Ranks
import Specs
import Workers

/// Does the part of a rank other than the first in a command on a pipeline: what rank 0 assigns, until it says that the
/// command is done. It never opens the catalog.
/// - Parameters:
///   - workspace: The folder that rank 0 works in.
///   - threadCount: nil for all CPUs that the process may use.
/// - Throws: The error that ends the command, whichever rank it comes from.
package func assistFirstRank(
  _ spec: PipelineSpec, in workspace: Workspace, threadCount: Int?, fileSystem: any FileSystem = SystemFileSystem(),
  group: RankGroup, cancellation: Cancellation
) throws {
  let (engine, stages) = try preparedStages(spec, threadCount: threadCount, group)
  try group.requireShared(workspace)
  while true {
    switch try group.nextAssignment() {
    case .build(let assignment):
      guard let stage = try stages.samples(of: assignment.split) as? BuildStage else {
        preconditionFailure("only drawn splits are dealt out to ranks")
      }
      try stage.assist(assignment, in: workspace, fileSystem, group, on: engine, cancellation)
    case .train(let assignment): try stages.train.assist(assignment, in: workspace, group, on: engine, cancellation)
    case .evaluate(let assignment):
      let stage = EvaluateStage(
        spec: spec, model: assignment.otherModel.map { .file($0) } ?? .own(stages.train),
        description: stages.train.model,
        data: try stages.samples(of: assignment.split))
      try stage.assist(assignment, in: workspace, group, on: engine, cancellation)
    case .finish: return
    }
  }
}
