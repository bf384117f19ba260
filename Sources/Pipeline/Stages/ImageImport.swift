import Catalog
import Files
import Images
import Samples
import Specs
import Workers

/// The result of an import.
package struct ImportSummary: Sendable {
  /// Images that were imported.
  package let imageCount: Int
  /// Samples that the split has now.
  package let sampleCount: Int
  /// Files that cannot be imported and were left out, each with the reason.
  package let skipped: [String]
  /// Files that are not to be imported, or that the split has already.
  package let passedOver: [PassedOver]
  /// Imported images with a remark.
  package let remarks: [(path: FilePath, remark: ImageRemark)]
}

/// How labelled image files become a split.
package struct ImportOptions: Sendable {
  /// Whether bad files are left out; if not, they are errors, and nothing is changed.
  package let skipsBad: Bool
  /// Whether the images are added to those that the split has, or replace them.
  package let adds: Bool

  package init(skipsBad: Bool, adds: Bool) { (self.skipsBad, self.adds) = (skipsBad, adds) }
}

/// Makes the shards and index rows of a split from labelled image files. Images of another size or colour than the
/// spec's are converted.
struct ImageImport {
  /// Notes name at most this many files that cannot be imported.
  private static let namedFaultCount = 20

  let stage: ImportStage
  let others: [ImportStage]
  let session: Session
  let engine: Engine

  private var captcha: CaptchaSpec { stage.spec.captcha }

  /// - Parameter source: As in `LabelledImages`.
  /// - Throws: `PipelineError.badFiles`, and the errors of reading and writing.
  func run(from source: FilePath, _ options: ImportOptions) throws -> ImportSummary {
    let listed = try LabelledImages(source)
    var (images, passedOver, faults) = ([ImportedImage](), listed.passedOver, [String]())
    for outcome in try check(listed.entries) {
      switch outcome {
      case .image(let image): images.append(image)
      case .passedOver(let file): passedOver.append(file)
      case .fault(let fault): faults.append(fault)
      }
    }
    let total = images.count + faults.count
    let base =
      options.adds
      ? try ImportBase(of: stage, in: session, threadCount: engine.team.threadCount) { base in
        self.selection(of: images, besides: base).images.map(\.content)
      } : nil
    let chosen = selection(of: images, besides: base?.samples ?? [])
    images = chosen.images
    passedOver += chosen.present.map { PassedOver(path: $0, reason: .present) }
    faults += chosen.contradictions
    report(faults)
    guard !(images.isEmpty && faults.isEmpty && base == nil) else { throw PipelineError.emptyFolder("\(source)") }
    guard faults.isEmpty || options.skipsBad, !images.isEmpty || (faults.isEmpty && base != nil) else {
      throw PipelineError.badFiles(count: faults.count, of: total)
    }
    let summary = ImportSummary(
      imageCount: images.count, sampleCount: images.count + (base?.samples.count ?? 0), skipped: faults,
      passedOver: passedOver, remarks: images.flatMap { image in image.remarks.map { (image.path, $0) } })
    report(summary, converted: images.count { $0.isConverted })
    if let base {
      try stage.append(images, to: base, in: session, on: engine)
    } else {
      try stage.store(images, in: session, on: engine)
    }
    for other in others { try reportSamples(sharedWith: other, images) }
    return summary
  }

  /// Checks every file, on all threads, before anything is written.
  private func check(_ entries: [LabelledImages.Entry]) throws -> [ImportedImage.Outcome] {
    let chunks = stride(from: 0, to: entries.count, by: 64).map { entries[$0..<min($0 + 64, entries.count)] }
    let (captcha, threadCount) = (captcha, engine.team.threadCount)
    let stream = OrderedStream(jobs: 0..<chunks.count, threadCount: threadCount, window: 2 * threadCount) {
      chunks[$0].map { ImportedImage.check($0, of: captcha) }
    }
    var outcomes: [ImportedImage.Outcome] = []
    while let chunk = try stream.next() {
      try session.cancellation.check()
      outcomes += chunk
      session.report(
        .progress(
          stage: "import \(stage.split.rawValue)", done: outcomes.count, total: entries.count, unit: "files checked",
          detail: ""))
    }
    return outcomes
  }

  private struct Selection {
    var images: [ImportedImage] = []
    /// Files whose image and label the split has already.
    var present: [FilePath] = []
    /// A text for each image if another one has the same pixels and another label.
    var contradictions: [String] = []
  }

  /// - Parameter base: The samples that the split keeps.
  private func selection(of images: [ImportedImage], besides base: [ImportedContent.Sample]) -> Selection {
    let samples = base + images.map(\.content)
    // For each picture, the first sample that shows it, and the first with another label.
    var (firsts, others) = ([ContentHash: Int](minimumCapacity: samples.count), [ContentHash: Int]())
    for (index, sample) in samples.enumerated() {
      guard let first = firsts[sample.pixelHash] else {
        firsts[sample.pixelHash] = index
        continue
      }
      if samples[first].label != sample.label && others[sample.pixelHash] == nil { others[sample.pixelHash] = index }
    }
    func name(_ index: Int) -> String {
      index < base.count ? "sample \(index) of the split" : "\(images[index - base.count].path)"
    }
    var selection = Selection()
    for image in images {
      let (label, hash) = (image.content.label, image.content.pixelHash)
      guard let first = firsts[hash] else { preconditionFailure("every image is a sample") }
      if let second = others[hash] {
        let other = samples[first].label == label ? second : first
        let texts = [label, samples[other].label].map { captcha.alphabet.text(of: $0) }
        selection.contradictions.append(
          name(other) == "\(image.path)"
            ? "\(image.path): it is listed with two labels, '\(texts[0])' and '\(texts[1])'"
            : "\(image.path): its label is '\(texts[0])', but \(name(other)), the same image, has '\(texts[1])'")
      } else if first < base.count {
        selection.present.append(image.path)
      } else {
        selection.images.append(image)
      }
    }
    return selection
  }

  private func report(_ faults: [String]) {
    for fault in faults.prefix(Self.namedFaultCount) { session.report(.note(fault)) }
    if faults.count > Self.namedFaultCount {
      session.report(.note("and \(counted(faults.count - Self.namedFaultCount, "more file")) that cannot be imported"))
    }
  }

  private func report(_ summary: ImportSummary, converted: Int) {
    for line in PassedOver.lines(summary.passedOver) { session.report(.note(line)) }
    for line in ImageRemark.lines(summary.remarks, input: captcha.geometry) { session.report(.note(line)) }
    if converted > 0 {
      let geometry = captcha.geometry
      session.report(
        .note(
          "converting \(converted) of \(counted(summary.imageCount, "image")) to \(geometry.width)x\(geometry.height) "
            + geometry.format.name))
    }
  }

  /// Warns where another imported split has the same images: a model is not to be tested on what it was trained on.
  private func reportSamples(sharedWith other: ImportStage, _ images: [ImportedImage]) throws {
    let shards = try session.catalog.shards(of: other.split)
    let paths = shards.map { session.workspace.path(ofFile: $0.file) }
    let pixels = Set(images.map(\.content.pixelHash))
    // A damaged shard of another split does not matter here; the commands that read it say so.
    guard let content = try? ImportedContent(ofShards: paths, threadCount: engine.team.threadCount) else { return }
    let count = content.samples.count { pixels.contains($0.pixelHash) }
    guard count > 0 else { return }
    session.report(
      .note(
        "warning: \(counted(count, "image")) of the \(other.split.rawValue) split \(count == 1 ? "is" : "are") in the"
          + " \(stage.split.rawValue) split too, so the accuracy on them says nothing about new images"))
  }
}
