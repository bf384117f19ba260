import Catalog
import Files
import Loader
import Samples
import Shards
import Specs

/// A split whose images come from files. `ImageImport` makes it; running the stage throws an error that says how.
struct ImportStage: SampleStage {
  let split: Split
  let spec: PipelineSpec

  var count: Int? { nil }
  var remedy: String { "`glyphline import FOLDER --into SPEC --split \(split.rawValue)` imports it" }

  func remedy(for error: LoaderError) -> String {
    let again = "import the images of the split again by `glyphline import`"
    guard case .shard(.damaged(_, _, _, let fault)) = error, fault.isOfOneBlock else { return again }
    return again + "; or set `shards: {on_corrupt: skip}` in the spec, to go on without the damaged block"
  }

  func sampleInputs(in records: Records) throws -> StageInputs {
    inputs(content: try records.stage(named: name)?.result)
  }

  /// - Parameter content: The hash of all labels and pixels; nil before the first import.
  func inputs(content: String?) -> StageInputs {
    let captcha = spec.captcha
    return StageInputs([
      "images=\(content ?? "nothing")", "captcha.charset=\(captcha.alphabet.text)",
      "captcha.length=\(captcha.lengths.upperBound)", "captcha.width=\(captcha.geometry.width)",
      "captcha.height=\(captcha.geometry.height)", "captcha.color=\(captcha.geometry.format.name)",
      StageInputs.section("shards", spec.shards.canonicalText), "shard format version=\(HeaderLayout.version)",
    ])
  }

  /// The hash in a header is that of the split after the import that wrote the shard: each addition has another.
  func owns(_ header: ShardHeader, _ inputs: StageInputs) -> Bool {
    let captcha = spec.captcha
    return header.split == split && header.generatorVersion == 0 && header.charsets == [captcha.alphabet]
      && header.labelCapacity == captcha.lengths.upperBound && header.geometry == captcha.geometry
      && header.blockRecordCount == spec.shards.block && header.compressionLevel == spec.shards.compression
  }

  func run(in session: Session, on engine: Engine) throws {
    throw PipelineError.missing(stage: "the imported \(split.rawValue) split", remedy: remedy)
  }

  /// Replaces all samples of the split by the images, unless it has the same ones already.
  func store(_ images: [ImportedImage], in session: Session, on engine: Engine) throws {
    let content = ImportedContent(images.map(\.content)).hash.description
    let source = source(of: images, from: 0, content: content)
    let state = try state(for: source.inputs, count: images.count, in: session.records)
    guard let reason = state.reasonToRun else {
      return session.report(.skipped(stage: name, reason: state.detail))
    }
    session.report(.started(stage: name, reason: reason))
    try write(source, count: images.count, result: content, in: session, on: engine)
  }

  /// Writes the images behind the samples that the split has, in shards of their own.
  func append(_ images: [ImportedImage], to base: ImportBase, in session: Session, on engine: Engine) throws {
    guard !images.isEmpty else {
      return session.report(.skipped(stage: name, reason: "no new images"))
    }
    let content = ImportedContent(base.samples + images.map(\.content)).hash.description
    let count = base.samples.count + images.count
    session.report(.started(stage: name, reason: "adding \(counted(images.count, "image"))"))
    try write(
      source(of: images, from: base.samples.count, content: content), count: count, keeping: base.shards,
      result: content, in: session, on: engine)
  }

  /// - Parameter firstIndex: The index of the first image in the split.
  private func source(of images: [ImportedImage], from firstIndex: Int, content: String) -> SampleSource {
    let captcha = spec.captcha
    return SampleSource(
      inputs: inputs(content: content), split: split, generatorVersion: 0, charsets: [captcha.alphabet],
      verb: "imported"
    ) { index in
      try images[Int(index) - firstIndex].sample(index: index, of: captcha)
    }
  }
}

/// The samples of a split that images are added to.
struct ImportBase {
  let samples: [ImportedContent.Sample]
  /// Those samples' shards, and those of an interrupted addition.
  let shards: SplitShards

  /// - Parameter addition: What is added to given samples. It tells where an interrupted addition of the same images
  ///   began.
  /// - Throws: `PipelineError.stale` where the split was imported for another spec, `.interruptedImport` where the
  ///   addition of other images is unfinished, `.unusableShards` where a shard is damaged.
  init?(
    of stage: ImportStage, in session: Session, threadCount: Int,
    addition: ([ImportedContent.Sample]) -> [ImportedContent.Sample]
  ) throws {
    guard let row = try session.records.stage(named: stage.name) else { return nil }
    let inputs = stage.inputs(content: row.result)
    guard row.contentHash == inputs.hash.description else {
      throw PipelineError.stale(
        stage: stage.name, changes: specDifferences(from: row.spec, to: inputs.text).map(\.description))
    }
    let shards = try stage.shards(for: inputs, in: session.records)
    self.shards = shards
    guard shards.damaged.isEmpty else {
      throw PipelineError.missing(
        stage: "a part of the \(stage.split.rawValue) split", remedy: "import all images again without --add")
    }
    let stored = try stage.reading {
      try ImportedContent(
        ofShards: shards.recorded.map { session.workspace.path(ofFile: $0.file) }, threadCount: threadCount)
    }.samples
    if row.state == .done {
      samples = stored
      return
    }
    let ends = [0] + shards.recorded.map { Int($0.firstIndex) + $0.records }
    let base = ends.last { end in
      let base = Array(stored.prefix(end))
      return ImportedContent(base + addition(base)).hash.description == row.result
    }
    guard let base else { throw PipelineError.interruptedImport(stage.split) }
    samples = Array(stored.prefix(base))
  }
}
