import ArgumentParser
import Foundation
import Network
import Pipeline
import Specs

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the state of each stage: done, stale and why, part done, missing.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let status = try reportingErrors {
      let spec = try PipelineSpec(contentsOf: pipeline.spec)
      return try PipelineStatus(spec, in: pipeline.workspace(of: spec))
    }
    if common.json { return try outputJSON(status) }
    try output("\(status.pipeline) in \(status.workspace)")
    for stage in status.stages {
      let name = stage.name.padding(toLength: 18, withPad: " ", startingAt: 0)
      let word = stage.state.word.padding(toLength: 11, withPad: " ", startingAt: 0)
      try output("  \(stage.state.mark) \(name)\(stage.state.style.applied(to: word))\(stage.state.detail)")
    }
    if !status.isDone {
      let workspace = pipeline.workspace.map { ["--workspace", $0] } ?? []
      try output("to go on: \(shellText(of: [CommandLine.arguments[0], "run", pipeline.spec] + workspace))")
    }
  }
}

extension StageState {
  /// Tells the states apart without colour.
  fileprivate var mark: String {
    switch self {
    case .done: "✓"
    case .partlyDone: "…"
    case .stale: "!"
    case .missing: "-"
    }
  }

  fileprivate var style: TextStyle {
    switch self {
    case .done: .good
    case .partlyDone, .stale: .warning
    case .missing: .quiet
    }
  }
}
