import Catalog
import Samples
import Specs

/// The recorded samples and shards of a split.
package struct SplitSummary: Sendable, Encodable {
  package let split: Split
  package let sampleCount: Int
  package let shardCount: Int
  /// Of all shard files.
  package let byteCount: Int

  private enum CodingKeys: String, CodingKey {
    case split, byteCount
    case sampleCount = "samples"
    case shardCount = "shards"
  }
}

/// The progress of training.
package struct TrainingSummary: Sendable, Encodable {
  package let modelPath: String
  package let stepCount: Int
  /// The mean loss of the last 50 steps.
  package let smoothedLoss: Double?

  private enum CodingKeys: String, CodingKey {
    case modelPath = "model"
    case stepCount = "steps"
    case smoothedLoss = "loss"
  }
}

extension PipelineSpec {
  /// Every split of the spec, as it is recorded.
  func splitSummaries(in catalog: Catalog) throws -> [SplitSummary] {
    try datasets.keys.sorted().map { split in
      let shards = try catalog.shards(of: split)
      return SplitSummary(
        split: split, sampleCount: shards.reduce(0) { $0 + $1.records }, shardCount: shards.count,
        byteCount: shards.reduce(0) { $0 + $1.byteCount })
    }
  }
}

extension Pipeline {
  /// Every split of the spec, as it is recorded.
  package func splitSummaries() throws -> [SplitSummary] { try spec.splitSummaries(in: session.catalog) }

  package func trainingSummary() throws -> TrainingSummary {
    let last = try session.catalog.lastStep()
    return TrainingSummary(
      modelPath: workspace.modelPath, stepCount: last?.number ?? 0, smoothedLoss: last?.smoothedLoss)
  }
}
