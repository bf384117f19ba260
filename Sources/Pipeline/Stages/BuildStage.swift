import Foundation
import Generator
import Loader
import Samples
import Shards
import Specs

/// Draws the samples of a split.
struct BuildStage: SampleStage {
  let split: Split
  let spec: PipelineSpec
  let generator: CaptchaGenerator
  /// How many samples the spec asks for.
  let drawnCount: Int

  var count: Int? { drawnCount }
  var remedy: String { "`glyphline build` draws it" }

  func remedy(for error: LoaderError) -> String {
    switch error {
    case .shard(.damaged(_, _, _, let fault)) where fault.isOfOneBlock:
      "`glyphline repair` draws the block again from its seeds; or set `shards: {on_corrupt: skip}` in the spec, to go"
        + " on without it"
    case .shard, .nothingLeft: "`glyphline repair` draws damaged or missing blocks again from their seeds"
    case .noShards, .difference, .overlap, .tooManyCharacters, .foreign, .tooFewSamples:
      "remove the shard file, then `glyphline build` draws it again from its seeds"
    }
  }

  /// The number of samples is not among them: raising it adds shards and changes none.
  var inputs: StageInputs {
    let generator = generator.identity
    return StageInputs(
      [
        StageInputs.section("captcha", spec.captcha.canonicalText),
        StageInputs.section("shards", spec.shards.canonicalText), "seed=\(spec.seed)",
        "shard format version=\(HeaderLayout.version)", "generator version=\(generator.version)",
        "FreeType version=\(generator.freeTypeVersion)",
      ] + generator.fonts.map { "font file \($0.name)=\($0.hash)" })
  }

  func sampleInputs(in records: Records) -> StageInputs { inputs }

  func run(in session: Session, on engine: Engine) throws {
    try write(source, count: drawnCount, in: session, on: engine)
  }

  /// The generator: every sample is a function of its index in the split.
  var source: SampleSource {
    let (split, seed, generator) = (split, spec.seed, generator)
    return SampleSource(
      inputs: inputs, split: split, generatorVersion: generator.identity.version, charsets: spec.captcha.charsets,
      verb: "drawn"
    ) { index in
      generator.generate(for: split, index: index, seed: split.seed(ofSample: index, pipelineSeed: seed))
    }
  }
}
