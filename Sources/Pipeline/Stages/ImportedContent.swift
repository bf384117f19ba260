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
      try Self.samples(ofShard: paths[$0])
    }
    samples = []
    while let shard = try shards.next() { samples += shard }
  }

  private static func samples(ofShard path: String) throws -> [Sample] {
    let reader = try ShardReader(path)
    var block = ShardBlock()
    var samples: [Sample] = []
    for number in 0..<reader.header.blockCount {
      try reader.read(block: number, into: &block)
      for record in 0..<block.recordCount {
        let sample = block.record(record)
        samples.append(Sample(label: sample.label, pixelHash: ContentHash(of: sample.image.pixels)))
      }
    }
    return samples
  }

  /// Identifies the content.
  var hash: ContentHash {
    ContentHash(of: samples.map { "\($0.label.classes) \($0.pixelHash)\n" }.joined())
  }
}
