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

  package var isDone: Bool { stages.allSatisfy(\.state.isDone) }

  package init(_ spec: PipelineSpec, in workspace: Workspace) throws {
    pipeline = spec.name
    self.workspace = workspace.path
    let catalog = try workspace.recordedCatalog()
    let generator = try CaptchaGenerator(spec: spec.captcha)
    func data(_ split: Split) throws -> SplitData {
      let there = try catalog?.sampleCount(of: split) ?? 0
      return SplitData(
        request: try .build(split, of: spec, by: generator.identity, recordedIn: catalog),
        count: spec.datasets[split]?.count ?? there)
    }
    var stages = try spec.datasets.keys.sorted().map { split in
      try Self.samples(of: split, data: data(split), in: catalog)
    }
    let backend = try makeBackend()
    let train = StageRequest.train(
      spec, model: try ModelDescription(spec.model, reading: spec.captcha),
      precision: try resolvePrecision(spec.training.precision, on: backend).rawValue, data: try data(.train),
      initialWeights: try workspace.initialModelHash())
    let step = try catalog?.checkpoints().first?.step ?? 0
    let stepCount = try data(.train).count / spec.training.imagesPerStep * spec.training.epochs
    var training = try Self.state(
      of: train, in: catalog, done: workspace.modelPath, partly: "a checkpoint after step \(step) of \(stepCount)")
    if training.isDone, (try? ModelFile(contentsOf: workspace.modelPath)) == nil {
      training = .partlyDone("\(workspace.modelPath) is missing or damaged")
    }
    stages.append(Stage(name: train.name, state: training))
    var evaluation = try Self.evaluation(spec, in: workspace, catalog: catalog, data: data(spec.evaluation.split))
    if evaluation.state.isDone, !training.isDone {
      evaluation = Stage(name: evaluation.name, state: .stale(["of a model that is to be trained again"]))
    }
    self.stages = stages + [evaluation]
  }

  private static func samples(of split: Split, data: SplitData, in catalog: Catalog?) throws -> Stage {
    let there = try catalog?.sampleCount(of: split) ?? 0
    let part = "\(there) of \(data.count) samples"
    var state = try state(of: data.request, in: catalog, done: "\(there) samples", partly: part)
    if state.isDone, there != data.count {
      state =
        there < data.count ? .partlyDone(part) : .stale(["datasets.\(split.rawValue).count: \(there) -> \(data.count)"])
    }
    return Stage(name: data.request.name, state: state)
  }

  private static func evaluation(
    _ spec: PipelineSpec, in workspace: Workspace, catalog: Catalog?, data: SplitData
  ) throws -> Stage {
    let split = spec.evaluation.split
    guard (try? ModelFile(contentsOf: workspace.modelPath)) != nil,
      let bytes = try? ReadableFile.contents(of: workspace.modelPath)
    else {
      return Stage(name: "evaluate \(split.rawValue)", state: .missing)
    }
    let request = StageRequest.evaluate(split, model: ContentHash(of: bytes), data: data)
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
