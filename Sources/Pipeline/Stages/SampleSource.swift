import Catalog
import Samples
import Shards
import Specs

/// A block of samples: its bytes for the shard, and its rows for the catalog.
struct PackedBlock: Sendable {
  let block: EncodedBlock
  let rows: [SampleRow]
}

/// Where the samples of a split come from: the generator or imported files.
struct SampleSource: Sendable {
  /// Inputs of the stage that makes the samples.
  let inputs: StageInputs
  let split: Split
  /// Of the generator that draws them; 0 for imported samples.
  let generatorVersion: UInt32
  let charsets: [Alphabet]
  /// For messages: "drawn" or "imported".
  let verb: String
  /// The sample at an index of the split; called on any thread.
  let sample: @Sendable (_ index: UInt64) throws -> Sample

  /// The header of a shard that the spec describes.
  func header(of spec: PipelineSpec, firstIndex: Int, recordCount: Int) throws -> ShardHeader {
    try ShardHeader(
      generatorVersion: generatorVersion, specHash: inputs.hash, split: split, firstIndex: UInt64(firstIndex),
      recordCount: recordCount, blockRecordCount: spec.shards.block, geometry: spec.captcha.geometry,
      labelCapacity: spec.captcha.lengths.upperBound, charsets: charsets, compressionLevel: spec.shards.compression)
  }
}

/// Packs blocks sample by sample, in a buffer that it reuses.
struct BlockPacking: ~Copyable {
  private let source: SampleSource
  private var encoder = ShardBlockEncoder()

  init(_ source: SampleSource) { self.source = source }

  /// Block `number` of the shard that `header` describes.
  mutating func pack(block number: Int, of header: ShardHeader) throws -> PackedBlock {
    let first = header.firstIndex + UInt64(number * header.blockRecordCount)
    var rows: [SampleRow] = []
    rows.reserveCapacity(header.recordCount(ofBlock: number))
    let block = try encoder.encode(block: number, of: header) { record in
      let sample = try source.sample(first + UInt64(record))
      rows.append(SampleRow(charset: sample.charset, label: sample.label, seed: sample.seed))
      return sample
    }
    return PackedBlock(block: block, rows: rows)
  }
}
