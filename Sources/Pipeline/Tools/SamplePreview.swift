import Generator
import Images
import Samples
import Specs

/// Draws samples of a pipeline's split from their seeds, for a person to see.
package struct SamplePreview {
  /// The most pixels of all images of a sheet together.
  private static let pixelCountMax = 32 << 20

  private let spec: PipelineSpec
  private let split: Split
  private let generator: CaptchaGenerator

  /// - Throws: `PipelineError.noSuchSplit` or `.nothingToDraw`; `GeneratorError`.
  package init(_ spec: PipelineSpec, of split: Split) throws {
    try spec.require(split)
    guard spec.drawnSplits.contains(split) else { throw PipelineError.nothingToDraw(split) }
    self.spec = spec
    self.split = split
    generator = try CaptchaGenerator(spec: spec.captcha)
  }

  /// The first samples of the split, the same as `glyphline build` draws.
  /// - Throws: `PipelineError.sheetTooLarge`.
  package func samples(count: Int) throws(PipelineError) -> [Sample] {
    let allowed = Self.pixelCountMax / (spec.captcha.geometry.width * spec.captcha.geometry.height)
    guard count <= allowed else { throw .sheetTooLarge(count: count, allowed: allowed) }
    return (0..<UInt64(count)).map { index in
      generator.generate(for: split, index: index, seed: split.seed(ofSample: index, pipelineSeed: spec.seed))
    }
  }

  package func sample(ofSeed seed: UInt64) -> Sample {
    generator.generate(for: split, index: 0, seed: seed)
  }

  package func text(of sample: Sample) -> String { spec.captcha.charsets[sample.charset].text(of: sample.label) }

  /// Writes the samples as one PNG file, each above its label.
  /// - Throws: `GeneratorError` or `ImageError`.
  package func writeSheet(of samples: [Sample], to path: String) throws {
    let fonts = try generator.identity.fonts.map { try FontFile.find($0.name) }
    let pictures = samples.map { (image: $0.image, caption: text(of: $0)) }
    try PNGWriter.write(try ContactSheet(geometry: spec.captcha.geometry, fonts: fonts).image(of: pictures), to: path)
  }
}
