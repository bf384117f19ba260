import Generator
import Samples
import Shards
import Specs

/// The header and records of one shard, for a person to see.
package struct ShardInspection {
  private let reader: ShardReader

  /// - Throws: `ShardError`.
  package init(_ path: String) throws { reader = try ShardReader(path) }

  package var header: ShardHeader { reader.header }
  package var formatVersion: Int { Int(HeaderLayout.version) }
  package var byteCount: Int { reader.byteCount }
  /// Bytes of all records, decompressed, as `zstd -dc` writes them.
  package var contentByteCount: Int { header.recordCount * header.recordLayout.byteCount }

  /// - Throws: `PipelineError.noSuchRecord`, or `ShardError` where the record's block is damaged.
  package func record(_ number: Int) throws -> Sample {
    guard (0..<header.recordCount).contains(number) else {
      throw PipelineError.noSuchRecord(number, path: reader.path, count: header.recordCount)
    }
    return try reader.record(number)
  }

  package func text(of sample: Sample) -> String {
    header.charsets[sample.charset].text(of: sample.label)
  }

  /// Draws a record's seed again by `spec` and compares.
  /// - Throws: `PipelineError.drawnDifferently` where label or pixels differ; `notDrawn` for imported images.
  package func checkRedrawn(_ sample: Sample, by spec: PipelineSpec) throws {
    guard header.generatorVersion > 0 else { throw PipelineError.notDrawn(path: reader.path) }
    let drawn = try CaptchaGenerator(spec: spec.captcha).generate(
      for: header.split, index: sample.index, seed: sample.seed)
    guard drawn.image == sample.image && spec.captcha.charsets[drawn.charset].text(of: drawn.label) == text(of: sample)
    else {
      throw PipelineError.drawnDifferently(path: reader.path, seed: sample.seed, pipeline: spec.name)
    }
  }
}
