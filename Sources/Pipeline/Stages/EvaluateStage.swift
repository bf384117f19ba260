import Catalog
import Evaluation
import Files
import Foundation
import Loader
import Network
import Ranks
import Samples
import Specs
import Workers

/// The result of an evaluation.
package struct EvaluationOutcome: Sendable {
  package let row: AccuracyRow
  /// The most frequent mistakes, worst first.
  package let confusedPairs: [ConfusedPairRow]
  package let catalogPath: String
}

/// Predicts every sample of a split with a model and records the predictions.
struct EvaluateStage: Stage {
  private static let confusedPairCount = 5

  /// The model that predicts.
  enum Model: Sendable {
    /// The model that the pipeline trains. Its evaluation is a stage of the pipeline.
    case own(TrainStage)
    /// Another model file. Its evaluation is recorded, but is no stage of the pipeline.
    case file(String)

    /// nil for the pipeline's own.
    var otherPath: String? { if case .file(let path) = self { path } else { nil } }
  }

  let spec: PipelineSpec
  let model: Model
  /// The model that the spec describes.
  let description: ModelDescription
  let data: any SampleStage

  var split: Split { data.split }
  var name: String { "evaluate \(split.rawValue)" }

  private func path(in workspace: Workspace) -> String {
    switch model {
    case .own: workspace.modelPath
    case .file(let path): path
    }
  }

  func inputs(in records: Records) throws -> StageInputs? {
    guard let model = try? records.model(at: path(in: records.workspace)) else { return nil }
    return inputs(model: model.hash, data: try data.data(in: records))
  }

  private func inputs(model: ContentHash, data: SplitData) -> StageInputs {
    StageInputs([
      "model file=\(model)", "datasets.\(split.rawValue).count=\(data.count)", "samples=\(data.inputs.hash)",
    ])
  }

  func state(in records: Records) throws -> StageState {
    switch model {
    case .own(let train):
      let row = try records.stage(named: name)
      guard try records.state(of: train).isDone, let inputs = try inputs(in: records) else {
        return row == nil ? .missing : .stale(["the model is not trained yet"])
      }
      // Drawing samples anew deletes the evaluations on them.
      guard try records.stage(named: data.name) != nil else { return .stale(["the samples are not made yet"]) }
      return try state(of: row, for: inputs) { row in
        guard row.state == .done, let recorded = try recorded(in: records) else {
          return .partlyDone("the evaluation is not finished")
        }
        return .done(detail(of: recorded.accuracy))
      }
    case .file: return try recorded(in: records).map { .done(detail(of: $0.accuracy)) } ?? .missing
    }
  }

  private func detail(of accuracy: Accuracy) -> String {
    "image accuracy \(percent(accuracy.ofImages)) on \(counted(accuracy.images, "image"))"
  }

  /// The newest evaluation of this model file on all samples of the split; nil where there is none.
  private func recorded(in records: Records) throws -> AccuracyRow? {
    guard let catalog = records.catalog, let model = try? records.model(at: path(in: records.workspace)),
      let row = try catalog.accuracy(ofModel: model.hash.description, on: split),
      row.accuracy.images + (try catalog.leftOutSampleCount(ofStage: name)) == (try data.data(in: records).count)
    else { return nil }
    return row
  }

  /// - Throws: `PipelineError.missing` where no such evaluation is recorded.
  func outcome(in session: Session) throws -> EvaluationOutcome {
    guard let row = try recorded(in: session.records) else {
      throw PipelineError.missing(
        stage: "the evaluation on the \(split.rawValue) split", remedy: "`glyphline eval` makes it")
    }
    return EvaluationOutcome(
      row: row,
      confusedPairs: try session.catalog.confusedPairs(ofEvaluation: row.evaluation, first: Self.confusedPairCount),
      catalogPath: session.workspace.catalogPath)
  }

  func run(in session: Session, on engine: Engine) throws {
    let path = path(in: session.workspace)
    if case .own = model, FileStatus(path) == nil {
      throw PipelineError.missing(stage: "the model that evaluation needs", remedy: "`glyphline train` trains it")
    }
    let records = session.records
    let (file, hash) = try records.model(at: path)
    let data = try data.recordedData(in: records, for: "evaluation")
    let differences = file.description.differences(from: description)
    guard differences.isEmpty else { throw ModelFileError.mismatch(path: path, differences: differences) }
    let inputs = inputs(model: hash, data: data)
    func record(_ state: StageRow.State) throws {
      if case .own = model { try session.catalog.recordStage(row(state, inputs)) }
    }
    try record(.running)
    let start = Date()
    var images = 0
    // An evaluation is recorded in one transaction, so it is never partial, and it is dropped with its samples.
    if try recorded(in: records) == nil { images = try evaluate(file, hash, in: session, on: engine) }
    try record(.done)
    session.report(
      .finished(
        stage: name, summary: "\(counted(images, "image")) predicted, \(perSecond(images, since: start)) a second"))
  }

  /// - Returns: The number of images predicted.
  private func evaluate(_ file: ModelFile, _ hash: ContentHash, in session: Session, on engine: Engine) throws -> Int {
    let dataset = try session.dataset(of: data)
    try session.catalog.removeLeftOut(ofStage: name)
    let network = try makeNetwork(file, on: engine)
    try session.group.assign(
      .evaluate(
        EvaluateAssignment(
          split: split, shards: session.shardFiles(of: data), otherModel: model.otherPath,
          modelHash: hash.description)))
    _ = try session.group.agree {}
    var result = EvaluationResult(of: network)
    try predict(
      dataset, network, session.group, session.cancellation,
      leaveOut: try session.leavingOut(stage: name, split: split, spec.shards)
    ) { predictions in
      for prediction in predictions { result.add(prediction) }
      session.report(
        .progress(
          stage: name, done: result.accuracy.images, total: dataset.sampleCount, unit: "images",
          detail: "\(result.accuracy.exact) exact"))
    }
    guard result.accuracy.images > 0 else { throw data.unusable(.nothingLeft(batch: 0)) }
    _ = try session.catalog.recordEvaluation(EvaluationRow(result, modelHash: hash.description, split: split))
    return result.accuracy.images
  }

  private func makeNetwork(_ file: ModelFile, on engine: Engine) throws -> Network {
    try Network(file, batch: Predictor.batch, precision: engine.precision, backend: engine.backend, team: engine.team)
  }

  /// Predicts a dataset on all ranks, which take its batches in turn.
  /// - Parameter add: On rank 0, receives the predictions in the order of the samples.
  private func predict(
    _ dataset: Dataset, _ network: Network, _ group: RankGroup, _ cancellation: Cancellation,
    leaveOut: ((LeftOutBlock) throws -> Void)?, add: ([SamplePrediction]) -> Void
  ) throws {
    let loader = try BatchLoader(
      dataset, order: .sequential, batchSize: Predictor.batch, startBatch: group.rank, stride: group.count,
      threadCount: 1, leaveOut: leaveOut)
    for _ in stride(from: 0, to: loader.batchesPerEpoch, by: group.count) {
      let (own, agreement) = try group.agree(isCancelled: cancellation.isCancelled) {
        let batch = try data.reading { try loader.next() }
        let predictions = batch.map { SamplePrediction.predictions($0, by: network) } ?? []
        return (predictions, group.isFirst ? [] : predictions.flatMap(\.encoded))
      }
      if agreement.isCancelled { throw Interrupted() }
      guard group.isFirst else { continue }
      add(own + agreement.attachments.dropFirst().flatMap { SamplePrediction.decoded($0) })
    }
    if group.isFirst { try data.reading { try loader.readRest() } }
  }

  /// Does the part of a rank other than the first.
  func assist(
    _ assignment: EvaluateAssignment, in workspace: Workspace, _ group: RankGroup, on engine: Engine,
    _ cancellation: Cancellation
  ) throws {
    let ((network, dataset), _) = try group.agree {
      let path = path(in: workspace)
      let file = try ModelFile(contentsOf: path)
      guard try file.hash().description == assignment.modelHash else { throw PipelineError.changedFile(path: path) }
      return (try makeNetwork(file, on: engine), try data.dataset(of: assignment.shards, in: workspace))
    }
    try predict(dataset, network, group, cancellation, leaveOut: spec.shards.silentLeaveOut) { _ in }
  }
}

extension EvaluationRow {
  init(_ result: EvaluationResult, modelHash: String, split: Split) {
    func character(_ index: UInt16) -> Character? {
      index == ConfusionCounts.pastEnd ? nil : result.alphabet.characters[Int(index)]
    }
    self.init(
      modelHash: modelHash, split: split, caseFoldedExact: result.accuracy.caseFoldedExact,
      predictions: result.predictions.map { prediction in
        PredictionRow(
          sampleIndex: prediction.index, predicted: result.alphabet.text(of: prediction.predicted),
          isExact: prediction.isExact, confidence: prediction.confidence)
      },
      confusion: result.confusion.entries.map { cell, count in
        ConfusionRow(
          position: cell.position, truth: character(cell.truth), predicted: character(cell.predicted), count: count)
      })
  }
}
