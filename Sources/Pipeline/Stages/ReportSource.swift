import Catalog
import Files
import Foundation
import Network
import Report
import Samples
import Shards
import Specs

/// Gathers the content of a report: results from the catalog, images from the shards, and the model's probabilities for
/// their characters.
struct ReportSource {
  /// Points of a curve, each the mean of several steps, which smooths it.
  private static let curvePointCount = 100
  private static let pairCount = 10
  private static let exampleCount = 3
  /// Keeps the page below 2 MB.
  private static let mistakeCount = 60
  private static let candidateCount = 3
  private static let runCount = 20

  private let spec: PipelineSpec
  private let workspace: Workspace
  private let catalog: Catalog
  private let evaluation: AccuracyRow
  private let model: ModelFile
  private let network: Network

  /// - Returns: nil where the model or its evaluation is missing.
  init?(_ spec: PipelineSpec, in records: Records, on engine: Engine) throws {
    workspace = records.workspace
    guard let catalog = records.catalog, FileStatus(workspace.modelPath) != nil else { return nil }
    let hash: ContentHash
    (model, hash) = try records.model(at: workspace.modelPath)
    guard let evaluation = try catalog.accuracy(ofModel: hash.description, on: spec.evaluation.split) else {
      return nil
    }
    self.spec = spec
    self.catalog = catalog
    self.evaluation = evaluation
    network = try Network(
      model, batch: Self.mistakeCount, precision: engine.precision, backend: engine.backend,
      team: engine.team)
  }

  /// The HTML.
  func page() throws -> String { try ReportPage(content()).html() }

  private func content() throws -> ReportContent {
    let id = evaluation.evaluation
    let confusion = try catalog.confusion(ofEvaluation: id)
    let used = Set(confusion.flatMap { [$0.truth, $0.predicted] })
    let pairs = try catalog.confusedPairs(ofEvaluation: id, first: Self.pairCount).map { pair in
      ReportContent.Pair(
        row: pair,
        examples: try readings(
          catalog.examples(
            ofEvaluation: id, truth: pair.truth, predicted: pair.predicted, first: Self.exampleCount)))
    }
    return ReportContent(
      pipeline: spec.name, evaluation: evaluation, curve: try catalog.learningCurve(pointCount: Self.curvePointCount),
      characters: (model.description.alphabet.characters.map { String($0) } + [""]).filter { used.contains($0) },
      confusion: confusion, pairs: pairs, characterAccuracy: try catalog.characterAccuracy(ofEvaluation: id),
      positionAccuracy: try catalog.positionAccuracy(ofEvaluation: id),
      calibration: try catalog.calibration(ofEvaluation: id),
      calibrationError: try catalog.calibrationError(ofEvaluation: id),
      mistakes: try readings(catalog.mistakes(ofEvaluation: id, first: Self.mistakeCount)),
      dataset: try datasetFacts(), model: try modelFacts(), runs: try catalog.runs(last: Self.runCount),
      spec: spec.text)
  }

  /// Wrongly predicted images with their pixels and the likeliest characters of each position.
  private func readings(_ rows: [MistakeRow]) throws -> [ReportContent.Reading] {
    let images = try rows.map { row in
      try ShardReader(workspace.path(ofFile: row.file)).record(row.record).image
    }
    let predictions = network.predictWithShifts(images: images.flatMap(\.pixels)[...])
    return rows.indices.map { index in
      let (row, image) = (rows[index], images[index])
      return ReportContent.Reading(
        sampleIndex: row.sampleIndex, image: image, truth: row.label, predicted: row.predicted,
        confidence: row.confidence, candidates: candidates(predictions[index].logits))
    }
  }

  /// The likeliest characters of each position.
  private func candidates(_ logits: [Float]) -> [[ReportContent.Reading.Candidate]] {
    let characters = model.description.alphabet.characters
    let classCount = model.description.classCount
    return stride(from: 0, to: logits.count, by: classCount).map { start in
      let probabilities = softmax(logits[start..<start + classCount])
      let likeliest = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
      return likeliest.prefix(Self.candidateCount).map { index in
        ReportContent.Reading.Candidate(
          character: index < characters.count ? String(characters[index]) : "", probability: probabilities[index])
      }
    }
  }

  private func datasetFacts() throws -> [ReportContent.Fact] {
    let geometry = model.description.input
    let alphabet = model.description.alphabet.text
    var facts: [ReportContent.Fact] = [
      .init("images", "\(geometry.width)x\(geometry.height) \(geometry.format.name)"),
      .init("characters", alphabet),
    ]
    for split in spec.datasets.keys.sorted() {
      let shards = try catalog.shards(of: split)
      let (samples, bytes) = (shards.reduce(0) { $0 + $1.records }, shards.reduce(0) { $0 + $1.byteCount })
      facts.append(
        .init(
          "\(split.rawValue) split",
          "\(counted(samples, "sample"))\(spec.datasets[split] == .imported ? ", imported," : "") in "
            + "\(counted(shards.count, "shard")) of \(bytes) bytes"
        ))
    }
    return facts
  }

  private func modelFacts() throws -> [ReportContent.Fact] {
    [
      .init("name", model.description.name), .init("parameters", "\(network.parameters.learnedCount)"),
      .init("operations for an image", "\(network.plan.operationCount / 1_000_000) million"),
      .init("layers", model.description.layers.map(\.text).joined(separator: "; ")),
      .init("file", "SHA-256 \(evaluation.modelHash)"),
    ]
  }
}

/// The probabilities of one position's classes.
private func softmax(_ logits: ArraySlice<Float>) -> [Double] {
  let largest = Double(logits.max() ?? 0)
  let powers = logits.map { exp(Double($0) - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
