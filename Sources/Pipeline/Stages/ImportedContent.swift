import Files
import Samples
import Shards

/// Identifies imported samples: a hash of all labels and pixels, in order.
struct ImportedContent {
  private var text = ""

  init() {}

  mutating func add(_ label: Label, pixelHash: ContentHash) { text += "\(label.classes) \(pixelHash)\n" }

  var hash: ContentHash { ContentHash(of: text) }
}

extension ImportedContent {
  /// The content of the shards of an imported split.
  /// - Throws: `ShardError` where a shard cannot be read.
  init(ofShards paths: [String]) throws(ShardError) {
    var block = ShardBlock()
    for path in paths {
      let reader = try ShardReader(path)
      for number in 0..<reader.header.blockCount {
        try reader.read(block: number, into: &block)
        for record in 0..<block.recordCount {
          let sample = block.record(record)
          add(sample.label, pixelHash: ContentHash(of: sample.image.pixels))
        }
      }
    }
  }
}
