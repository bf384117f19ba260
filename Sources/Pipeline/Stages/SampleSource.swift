import Catalog
import Samples
import Shards
import Specs

/// A block of samples: what its shard takes, and what the catalog lists.
struct PackedBlock: Sendable {
  let block: EncodedBlock
  let rows: [SampleRow]
}

/// Where the samples of a split come from, for all that writes them into shards.
struct SampleSource: Sendable {
  /// Of the stage whose result they are.
  let inputs: StageInputs
  let split: Split
  /// Of what drew them; 0 where nothing did.
  let generatorVersion: UInt32
  let charsets: [Alphabet]
  /// What it does to samples: they are "drawn", say.
  let verb: String
  /// The sample of an index in the split; called on any thread.
  let sample: @Sendable (_ index: UInt64) throws -> Sample

  /// The header of a shard as the spec wants it.
  func header(of spec: PipelineSpec, firstIndex: Int, recordCount: Int) throws -> ShardHeader {
    try ShardHeader(
      generatorVersion: generatorVersion, specHash: inputs.hash, split: split, firstIndex: UInt64(firstIndex),
      recordCount: recordCount, blockRecordCount: spec.shards.block, geometry: spec.captcha.geometry,
      labelCapacity: spec.captcha.lengths.upperBound, charsets: charsets, compressionLevel: spec.shards.compression)
  }
}

/// Packs blocks, each sample as soon as its record's bytes are wanted, in memory that it uses again.
struct BlockPacking: ~Copyable {
  private let source: SampleSource
  private var encoder = ShardBlockEncoder()

  init(_ source: SampleSource) { self.source = source }

  /// Block `number` of the shard that `header` describes.
  mutating func pack(block number: Int, of header: ShardHeader) throws -> PackedBlock {
    let first = header.firstIndex + UInt64(number * header.blockRecordCount)
    var rows: [SampleRow] = []
    rows.reserveCapacity(header.recordCount(ofBlock: number))
    let block = try encoder.encode(block: number, of: header) { place in
      let sample = try source.sample(first + UInt64(place))
      rows.append(SampleRow(charset: sample.charset, label: sample.label, seed: sample.seed))
      return sample
    }
    return PackedBlock(block: block, rows: rows)
  }
}
