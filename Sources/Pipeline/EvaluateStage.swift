import Catalog
import Evaluation
import Files
import Foundation
import Kernels
import Loader
import Network
import Samples
import Specs

/// How well a model read a split.
package struct EvaluationOutcome: Sendable {
  package let accuracy: AccuracyRow
  /// The most frequent mistakes, worst first.
  package let confusedPairs: [ConfusedPairRow]
  package let catalogPath: String
}

extension Pipeline {
  /// Images read at a time.
  static let readingBatch = 128
  private static let confusedPairCount = 5

  /// Reads every sample of a split and records what was read.
  /// - Parameter modelPath: nil for the pipeline's own model.
  package func evaluate(split: Split, modelPath: String? = nil) throws -> EvaluationOutcome {
    try spec.require(split)
    let path = modelPath ?? workspace.modelPath
    if modelPath == nil && !FileManager.default.fileExists(atPath: path) {
      throw PipelineError.missing(stage: "the model that evaluation needs", remedy: "`glyphline train` makes it")
    }
    let modelHash = ContentHash(of: try ReadableFile.contents(of: path))
    let model = try ModelFile(contentsOf: path)
    let data = try requireSplit(split, for: "evaluation")
    let request = StageRequest.evaluate(split, model: modelHash, data: data)
    let differences = model.description.differences(from: self.model)
    guard differences.isEmpty else { throw ModelFileError.mismatch(path: path, differences: differences) }
    // The stage is the pipeline's own model's; another model's evaluation stands beside it in the catalog.
    func record(_ state: StageRow.State) throws {
      if modelPath == nil { try catalog.recordStage(request.row(state)) }
    }
    // An evaluation is recorded in one transaction, so one that is there is whole; and it is dropped with its samples.
    if let accuracy = try catalog.accuracy(ofModel: modelHash.description, on: split),
      accuracy.images + (try catalog.leftOutSampleCount(ofStage: request.name)) == data.count
    {
      try record(.done)
      report(.skipped(stage: request.name, reason: "\(accuracy.images) images were read"))
      return try outcome(accuracy)
    }
    announce(
      request, recorded: modelPath == nil ? try catalog.stage(named: request.name) : nil,
      whenInterrupted: "not finished")
    try record(.running)
    let start = Date()
    try judge(model, modelHash: modelHash, split: split, stage: request.name)
    try record(.done)
    guard let accuracy = try catalog.accuracy(ofModel: modelHash.description, on: split) else {
      preconditionFailure("the evaluation was just recorded")
    }
    report(
      .finished(
        stage: request.name,
        summary:
          "\(accuracy.images) images read, \(Int(Double(accuracy.images) / -start.timeIntervalSinceNow)) a second"))
    return try outcome(accuracy)
  }

  private func outcome(_ accuracy: AccuracyRow) throws -> EvaluationOutcome {
    EvaluationOutcome(
      accuracy: accuracy,
      confusedPairs: try catalog.confusedPairs(ofEvaluation: accuracy.evaluation, first: Self.confusedPairCount),
      catalogPath: workspace.catalogPath)
  }

  private func judge(_ model: ModelFile, modelHash: ContentHash, split: Split, stage: String) throws {
    let network = try Network(
      reading: model, batch: Self.readingBatch, precision: try resolvedPrecision(), backend: backend, team: team)
    let dataset = try dataset(of: split)
    try catalog.removeLeftOut(ofStage: stage)
    let loader = try BatchLoader(
      dataset, order: .sequential, batchSize: Self.readingBatch, threadCount: 1,
      leaveOut: try leavingOut(stage: stage, split: split))
    var evaluator = Evaluator(network)
    while let batch = try readingSamples({ try loader.next() }) {
      try cancellation.check()
      evaluator.evaluate(batch)
      report(
        .progress(
          stage: stage, done: evaluator.summary.images, total: dataset.sampleCount, unit: "images",
          detail: "\(evaluator.summary.exact) exact"))
    }
    guard evaluator.summary.images > 0 else { throw PipelineError.unusableShards(.nothingLeft(batch: 0)) }
    let alphabet = model.description.alphabet
    func character(_ index: UInt16) -> Character? {
      index == ConfusionCounts.pastEnd ? nil : alphabet.characters[Int(index)]
    }
    _ = try catalog.recordEvaluation(
      EvaluationRow(
        modelHash: modelHash.description, split: split, caseFoldedExact: evaluator.summary.caseFoldedExact,
        predictions: evaluator.predictions.map { prediction in
          PredictionRow(
            sampleIndex: prediction.index, predicted: alphabet.text(of: prediction.predicted),
            isExact: prediction.isExact, confidence: prediction.confidence)
        },
        confusion: evaluator.summary.confusion.entries.map { entry in
          ConfusionRow(
            position: entry.position, truth: character(entry.truth), predicted: character(entry.predicted),
            count: entry.count)
        }))
  }
}
