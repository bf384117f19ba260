import Catalog
import Samples

/// The recorded samples and shards of a split.
package struct SplitSummary: Sendable {
  package let split: Split
  package let sampleCount: Int
  package let shardCount: Int
  /// Of all shard files.
  package let byteCount: Int
}

/// The progress of training.
package struct TrainingSummary: Sendable {
  package let modelPath: String
  package let stepCount: Int
  /// The mean loss of the last 50 steps.
  package let smoothedLoss: Double?
}

extension Pipeline {
  /// Every split that the spec draws.
  package func splitSummaries() throws -> [SplitSummary] {
    try spec.datasets.keys.sorted().map { split in
      let shards = try session.catalog.shards(of: split)
      return SplitSummary(
        split: split, sampleCount: shards.reduce(0) { $0 + $1.records }, shardCount: shards.count,
        byteCount: shards.reduce(0) { $0 + $1.byteCount })
    }
  }

  package func trainingSummary() throws -> TrainingSummary {
    let last = try session.catalog.learningCurve(last: 1).last
    return TrainingSummary(modelPath: workspace.modelPath, stepCount: last?.step ?? 0, smoothedLoss: last?.smoothedLoss)
  }
}
