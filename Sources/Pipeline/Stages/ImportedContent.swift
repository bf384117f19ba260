import Files
import Samples
import Shards
import Workers

/// The labels and pixels of imported samples, in order.
struct ImportedContent {
  struct Sample: Hashable, Sendable {
    let label: Label
    let pixelHash: ContentHash
  }

  private(set) var samples: [Sample]

  init(_ samples: [Sample]) { self.samples = samples }

  /// The content of the shards of an imported split.
  /// - Throws: `ShardError` where a shard cannot be read.
  init(ofShards paths: [String], threadCount: Int) throws {
    let shards = OrderedStream(jobs: 0..<paths.count, threadCount: threadCount, window: threadCount + 1) {
      try ShardReader(paths[$0]).map { Sample(label: $0.label, pixelHash: ContentHash(of: $0.image.pixels)) }
    }
    samples = []
    while let shard = try shards.next() { samples += shard }
  }

  /// Identifies the content.
  var hash: ContentHash {
    ContentHash(of: samples.map { "\($0.label.classes) \($0.pixelHash)\n" }.joined())
  }
}
