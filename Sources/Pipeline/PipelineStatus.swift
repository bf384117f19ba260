import Files
import Foundation
import Specs

/// The state of every stage of a pipeline. Finding it changes nothing in the workspace.
package struct PipelineStatus: Sendable, Encodable {
  package struct Stage: Sendable, Encodable {
    package let name: String
    package let state: StageState

    private enum Key: CodingKey { case stage, state, detail }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: Key.self)
      try values.encode(name, forKey: .stage)
      try values.encode(state.word, forKey: .state)
      try values.encode(state.detail, forKey: .detail)
    }
  }

  package let pipeline: String
  package let workspace: String
  package let stages: [Stage]

  package var isDone: Bool { stages.allSatisfy(\.state.isDone) }

  package init(_ spec: PipelineSpec, in workspace: Workspace) throws {
    pipeline = spec.name
    self.workspace = workspace.path
    let records = try Records(readFrom: workspace)
    let engine = try Engine(spec.training.precision, threadCount: nil)
    stages = try PipelineStages(spec, on: engine).all.map { Stage(name: $0.name, state: try records.state(of: $0)) }
  }
}

/// Writes the report of a pipeline's newest evaluation. Changes nothing else.
/// - Parameter path: nil for `report.html` in the workspace.
/// - Returns: The page's path.
/// - Throws: `PipelineError.missing` where the model or its evaluation is missing.
package func writeReport(
  of spec: PipelineSpec, in workspace: Workspace, to path: String?, threadCount: Int?
) throws -> String {
  let engine = try Engine(spec.training.precision, threadCount: threadCount)
  let stage = try PipelineStages(spec, on: engine).report
  let path = path ?? workspace.reportPath
  try writeDurably(try stage.page(in: Records(readFrom: workspace), on: engine), to: path)
  return path
}
