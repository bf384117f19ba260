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

  func page() throws -> ReportPage {
    let id = evaluation.evaluation
    let confusion = try catalog.confusion(ofEvaluation: id)
    let used = Set(confusion.flatMap { [$0.truth, $0.predicted] })
    let pairs = try catalog.confusedPairs(ofEvaluation: id, first: Self.pairCount).map { pair in
      let examples = try catalog.examples(
        ofEvaluation: id, truth: pair.truth, predicted: pair.predicted, first: Self.exampleCount)
      return (row: pair, examples: try self.examples(examples))
    }
    return ReportPage(
      pipeline: spec.name, evaluation: evaluation, curve: try catalog.learningCurve(pointCount: Self.curvePointCount),
      characters: (model.description.alphabet.characters.map { String($0) } + [""]).filter { used.contains($0) },
      confusion: confusion, pairs: pairs, characterAccuracy: try catalog.characterAccuracy(ofEvaluation: id),
      positionAccuracy: try catalog.positionAccuracy(ofEvaluation: id),
      calibration: try catalog.calibration(ofEvaluation: id),
      calibrationError: try catalog.calibrationError(ofEvaluation: id),
      mistakes: try examples(catalog.mistakes(ofEvaluation: id, first: Self.mistakeCount)),
      dataset: try datasetFacts(), model: modelFacts, runs: try catalog.runs(last: Self.runCount),
      spec: spec.text)
  }

  /// Wrongly predicted images with their pixels and the likeliest characters of each position.
  private func examples(_ rows: [MistakeRow]) throws -> [ReportPage.Example] {
    let images = try rows.map { row in
      try ShardReader(workspace.path(ofFile: row.file)).record(row.record).image
    }
    let predictions = network.predictWithShifts(images: images.flatMap(\.pixels)[...])
    return rows.indices.map { index in
      ReportPage.Example(rows[index], image: images[index], candidates: candidates(predictions[index].logits))
    }
  }

  /// The likeliest characters of each position.
  private func candidates(_ logits: [Float]) -> [[(character: String, probability: Double)]] {
    let characters = model.description.alphabet.characters
    let classCount = model.description.classCount
    return stride(from: 0, to: logits.count, by: classCount).map { start in
      let probabilities = softmax(logits[start..<start + classCount])
      let likeliest = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
      return likeliest.prefix(Self.candidateCount).map { index in
        (index < characters.count ? String(characters[index]) : "", probabilities[index])
      }
    }
  }

  private func datasetFacts() throws -> [ReportPage.Fact] {
    let geometry = model.description.input
    let splits = try spec.splitSummaries(in: catalog).map { summary -> ReportPage.Fact in
      (
        "\(summary.split.rawValue) split",
        "\(counted(summary.sampleCount, "sample"))\(spec.datasets[summary.split] == .imported ? ", imported," : "") in "
          + "\(counted(summary.shardCount, "shard")) of \(summary.byteCount) bytes"
      )
    }
    return [
      ("images", "\(geometry.width)x\(geometry.height) \(geometry.format.name)"),
      ("characters", model.description.alphabet.text),
    ] + splits
  }

  private var modelFacts: [ReportPage.Fact] {
    [
      ("name", model.description.name), ("parameters", "\(network.parameters.learnedCount)"),
      ("operations for an image", "\(network.plan.operationCount / 1_000_000) million"),
      ("layers", model.description.layers.map(\.text).joined(separator: "; ")),
      ("file", "SHA-256 \(evaluation.modelHash)"),
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
