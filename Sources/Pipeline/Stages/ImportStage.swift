import Catalog
import Files
import Images
import Samples
import Shards
import Specs
import Workers

/// The result of an import.
package struct ImportSummary: Sendable {
  package let imageCount: Int
  /// Files that were left out, each with the reason.
  package let skipped: [String]
}

/// A split whose images come from files. `importImages` makes it; running the stage only says how.
struct ImportStage: SampleStage {
  /// The most bad files that notes name.
  private static let namedFaultCount = 20

  let split: Split
  let spec: PipelineSpec

  var count: Int? { nil }
  var remedy: String { "`glyphline import FOLDER --into SPEC --split \(split.rawValue)` imports it" }

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

  func run(in session: Session, on engine: Engine) throws {
    throw PipelineError.missing(stage: "the imported \(split.rawValue) split", remedy: remedy)
  }

  /// Makes the split's shards and index rows from labelled image files, in place of all samples that it had. Images of
  /// another size or colour than the spec's are converted.
  /// - Parameters:
  ///   - source: As in `LabelledImages`.
  ///   - skippingBad: Whether bad files are left out; if not, they are errors, and nothing is changed.
  /// - Throws: `PipelineError.badFiles`, and the errors of reading and writing.
  func importImages(
    from source: String, skippingBad: Bool, in session: Session, on engine: Engine
  ) throws -> ImportSummary {
    let examined = try examine(try LabelledImages(source).entries, in: session, on: engine)
    let faults = examined.compactMap { if case .failure(let fault) = $0 { fault.description } else { nil } }
    for fault in faults.prefix(Self.namedFaultCount) { session.report(.note(fault)) }
    if faults.count > Self.namedFaultCount {
      session.report(.note("and \(counted(faults.count - Self.namedFaultCount, "more file")) that cannot be imported"))
    }
    let images = examined.compactMap { try? $0.get() }
    guard !images.isEmpty, skippingBad || faults.isEmpty else {
      throw PipelineError.badFiles(count: faults.count, of: examined.count)
    }
    let converted = images.count { $0.isConverted }
    if converted > 0 {
      let geometry = spec.captcha.geometry
      session.report(
        .note(
          "converting \(converted) of \(counted(images.count, "image")) to \(geometry.width)x\(geometry.height) "
            + geometry.format.name))
    }
    try store(images, in: session, on: engine)
    return ImportSummary(imageCount: images.count, skipped: faults)
  }

  /// Checks every file, on all threads, before anything is written.
  private func examine(
    _ entries: [LabelledImages.Entry], in session: Session, on engine: Engine
  ) throws -> [Result<ImportedImage, ImportFault>] {
    let chunks = stride(from: 0, to: entries.count, by: 64).map { entries[$0..<min($0 + 64, entries.count)] }
    let (captcha, threadCount) = (spec.captcha, engine.team.threadCount)
    let stream = OrderedStream(jobs: 0..<chunks.count, threadCount: threadCount, window: 2 * threadCount) {
      chunks[$0].map { entry in
        Result { () throws(ImportFault) in try ImportedImage(entry, of: captcha) }
      }
    }
    var results: [Result<ImportedImage, ImportFault>] = []
    while let chunk = try stream.next() {
      try session.cancellation.check()
      results += chunk
      session.report(
        .progress(
          stage: "import \(split.rawValue)", done: results.count, total: entries.count, unit: "files checked",
          detail: ""))
    }
    return results
  }

  /// Writes the samples, unless the split has the same ones already.
  private func store(_ images: [ImportedImage], in session: Session, on engine: Engine) throws {
    let (captcha, content) = (spec.captcha, ImportedImage.content(of: images).hash.description)
    let source = SampleSource(
      inputs: inputs(content: content), split: split, generatorVersion: 0, charsets: [captcha.alphabet],
      verb: "imported"
    ) { index in
      try images[Int(index)].sample(index: index, of: captcha)
    }
    let state = try state(for: source.inputs, count: images.count, in: session.records)
    guard let reason = state.reasonToRun else {
      return session.report(.skipped(stage: name, reason: state.detail))
    }
    session.report(.started(stage: name, reason: reason))
    try write(source, count: images.count, result: content, in: session, on: engine)
  }
}
