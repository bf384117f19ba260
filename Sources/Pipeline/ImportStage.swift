import Catalog
import Files
import Foundation
import Images
import Samples
import Shards
import Specs
import Workers

/// What an import did.
package struct ImportSummary: Sendable {
  package let imageCount: Int
  /// Files that were left out, each with the reason.
  package let skipped: [String]
}

extension Pipeline {
  /// How many bad files are named one by one.
  private static let namedFaultCount = 20

  /// Makes shards and index rows of labelled image files, as the whole of a split that the spec calls `imported`. Images of
  /// another size or colour than the spec's are brought to it.
  /// - Parameters:
  ///   - source: As in `LabelledImages`.
  ///   - skippingBad: Whether files that cannot be samples are left out; else they are errors, and nothing is changed.
  /// - Throws: `PipelineError.badFiles`, besides what reading and writing throw.
  package func importImages(from source: String, into split: Split, skippingBad: Bool) throws -> ImportSummary {
    guard case .imported = spec.datasets[split] else { throw PipelineError.notImported(split) }
    let examined = try examine(try LabelledImages(source).entries, stage: "import \(split.rawValue)")
    let faults = examined.compactMap { if case .failure(let fault) = $0 { fault.description } else { nil } }
    for fault in faults.prefix(Self.namedFaultCount) { report(.note(fault)) }
    if faults.count > Self.namedFaultCount {
      report(.note("and \(faults.count - Self.namedFaultCount) more that cannot be imported"))
    }
    let images = examined.compactMap { try? $0.get() }
    guard !images.isEmpty, skippingBad || faults.isEmpty else {
      throw PipelineError.badFiles(count: faults.count, of: examined.count)
    }
    let converted = images.count { $0.isConverted }
    if converted > 0 {
      let geometry = spec.captcha.geometry
      report(
        .note(
          "\(converted) of \(images.count) images are brought to \(geometry.width)x\(geometry.height) "
            + geometry.format.name))
    }
    try build(split, count: images.count, from: sampleSource(of: images, as: split))
    return ImportSummary(imageCount: images.count, skipped: faults)
  }

  /// Looks at every file, on all threads, before anything is written.
  private func examine(
    _ entries: [LabelledImages.Entry], stage: String
  ) throws -> [Result<ImportedImage, ImportFault>] {
    let chunks = stride(from: 0, to: entries.count, by: 64).map { entries[$0..<min($0 + 64, entries.count)] }
    let captcha = spec.captcha
    let stream = OrderedStream(jobs: 0..<chunks.count, threadCount: team.threadCount, window: 2 * team.threadCount) {
      chunks[$0].map { entry in
        Result { () throws(ImportFault) in try ImportedImage(entry, of: captcha) }
      }
    }
    var results: [Result<ImportedImage, ImportFault>] = []
    while let chunk = try stream.next() {
      try cancellation.check()
      results += chunk
      report(.progress(stage: stage, done: results.count, total: entries.count, unit: "files looked at", detail: ""))
    }
    return results
  }

  private func sampleSource(of images: [ImportedImage], as split: Split) -> SampleSource {
    let captcha = spec.captcha
    return SampleSource(
      request: .imported(split, of: spec, content: ImportedImage.content(of: images).hash.description), split: split,
      generatorVersion: 0, charsets: [captcha.alphabet], verb: "imported"
    ) { index in
      try images[Int(index)].sample(index: index, of: captcha)
    }
  }

  /// - Throws: `PipelineError.missing` where the images of an imported split are not there.
  func checkImported(_ split: Split) throws {
    let request = try buildRequest(split)
    let recorded = try catalog.stage(named: request.name)
    let shards = try catalog.shards(of: split)
    guard let recorded, recorded.state == .done, recorded.contentHash == request.hash.description,
      shards.allSatisfy(isIntact)
    else {
      throw PipelineError.missing(stage: "the imported \(split.rawValue) split", remedy: remedy(forMissing: split))
    }
    report(
      .skipped(stage: request.name, reason: "\(try catalog.sampleCount(of: split)) images in \(shards.count) shards"))
  }

  /// What brings the samples of a split.
  func remedy(forMissing split: Split) -> String {
    if case .imported = spec.datasets[split] {
      return "`glyphline import FOLDER --into SPEC --split \(split.rawValue)` brings it in"
    }
    return "`glyphline build` makes it"
  }
}

/// A file that can be a sample.
private struct ImportedImage: Sendable {
  private let path: String
  private let label: Label
  /// Of the pixels as they will be stored.
  private let pixelHash: ContentHash
  let isConverted: Bool

  init(_ entry: LabelledImages.Entry, of captcha: CaptchaSpec) throws(ImportFault) {
    func fault(_ reason: String) -> ImportFault { ImportFault(description: "\(entry.path): \(reason)") }
    guard let text = entry.label else {
      throw fault("it has no label; a name must be one such as AB12_anything.png")
    }
    guard !text.isEmpty else { throw fault("the table gives it no label") }
    guard let label = captcha.alphabet.label(of: text) else {
      let strange = text.filter { captcha.alphabet.index(of: $0) == nil }
      throw fault("its label '\(text)' has '\(strange)', which the spec's charset has not")
    }
    guard captcha.entries.contains(where: { $0.lengths.contains(label.count) }) else {
      throw fault("its label '\(text)' has \(label.count) characters, which the spec's captcha.length does not allow")
    }
    path = entry.path
    self.label = label
    do throws(ImageError) {
      let image = try ImageFile.read(entry.path)
      isConverted = image.geometry != captcha.geometry
      pixelHash = ContentHash(of: image.converted(to: captcha.geometry).pixels)
    } catch {
      throw ImportFault(description: error.description)
    }
  }

  /// Reads the file again; no sample is kept in memory between the look at it and its place in a shard.
  /// - Throws: `PipelineError.changedFile` where the file is no longer the one that was looked at.
  func sample(index: UInt64, of captcha: CaptchaSpec) throws -> Sample {
    let image = try ImageFile.read(path).converted(to: captcha.geometry)
    guard ContentHash(of: image.pixels) == pixelHash else { throw PipelineError.changedFile(path: path) }
    return Sample(index: index, seed: 0, label: label, image: image)
  }

  static func content(of images: [ImportedImage]) -> ImportedContent {
    var content = ImportedContent()
    for image in images { content.add(image.label, pixelHash: image.pixelHash) }
    return content
  }
}

/// Why a file cannot be a sample.
private struct ImportFault: Error, CustomStringConvertible {
  let description: String
}
