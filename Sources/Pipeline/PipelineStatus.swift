import Catalog
import Evaluation
import Files
import Foundation
import Generator
import Kernels
import Network
import Samples
import Specs

/// How every stage of a pipeline stands, seen from outside: nothing is locked, made or changed.
package struct PipelineStatus: Sendable {
  package struct Stage: Sendable {
    package let name: String
    package let state: StageState
  }

  package let pipeline: String
  package let workspace: String
  package let stages: [Stage]

  package var isDone: Bool { stages.allSatisfy { if case .done = $0.state { true } else { false } } }

  package init(_ spec: PipelineSpec, in workspace: Workspace) throws {
    pipeline = spec.name
    self.workspace = workspace.path
    let catalog = try workspace.recordedCatalog()
    let generator = try CaptchaGenerator(spec: spec.captcha)
    func build(_ split: Split) -> StageRequest { .build(split, of: spec, by: generator.identity) }
    var stages: [Stage] = []
    for (split, dataset) in spec.datasets.sorted(by: { $0.key < $1.key }) {
      let request = build(split)
      let drawn = try catalog?.sampleCount(of: split) ?? 0
      var state = try Self.state(
        of: request, in: catalog, done: "\(drawn) samples", partly: "\(drawn) of \(dataset.count) samples")
      if case .done = state, drawn != dataset.count {
        state =
          drawn < dataset.count
          ? .partlyDone("\(drawn) of \(dataset.count) samples")
          : .stale(["datasets.\(split.rawValue).count: \(drawn) -> \(dataset.count)"])
      }
      stages.append(Stage(name: request.name, state: state))
    }
    let backend = makeBackend()
    let train = StageRequest.train(
      spec, model: ModelDescription(spec.model, reading: spec.captcha),
      precision: try resolvePrecision(spec.training.precision, on: backend).rawValue, data: build(.train))
    let step = try catalog?.checkpoints().first?.step ?? 0
    let stepCount = (spec.datasets[.train]?.count ?? 0) / spec.training.batch * spec.training.epochs
    var training = try Self.state(
      of: train, in: catalog, done: workspace.modelPath, partly: "a checkpoint after step \(step) of \(stepCount)")
    if case .done = training, (try? ModelFile(contentsOf: workspace.modelPath)) == nil {
      training = .partlyDone("\(workspace.modelPath) is missing or damaged")
    }
    stages.append(Stage(name: train.name, state: training))
    stages.append(try Self.evaluation(spec, in: workspace, catalog: catalog, data: build(spec.evaluation.split)))
    self.stages = stages
  }

  private static func evaluation(
    _ spec: PipelineSpec, in workspace: Workspace, catalog: Catalog?, data: StageRequest
  ) throws -> Stage {
    let split = spec.evaluation.split
    guard (try? ModelFile(contentsOf: workspace.modelPath)) != nil,
      let bytes = try? ReadableFile.contents(of: workspace.modelPath)
    else {
      return Stage(name: "evaluate \(split.rawValue)", state: .missing)
    }
    let request = StageRequest.evaluate(split, of: spec, model: ContentHash(of: bytes), data: data)
    let accuracy = try catalog?.accuracy(ofModel: ContentHash(of: bytes).description, on: split)
    let state = try state(
      of: request, in: catalog,
      done: accuracy.map { "\(percent($0.accuracy)) of \($0.images) images read without a mistake" } ?? "",
      partly: "not finished")
    return Stage(name: request.name, state: state)
  }

  private static func state(
    of request: StageRequest, in catalog: Catalog?, done: String, partly: String
  ) throws -> StageState {
    guard let row = try catalog?.stage(named: request.name) else { return .missing }
    guard row.contentHash == request.hash.description else {
      return .stale(specDifferences(from: row.spec, to: request.text).map(\.description))
    }
    return row.state == .done ? .done(done) : .partlyDone(partly)
  }
}
