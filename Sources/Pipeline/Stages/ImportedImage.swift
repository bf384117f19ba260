import Files
import Images
import Samples
import Specs

/// A file that can be a sample.
struct ImportedImage: Sendable {
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
struct ImportFault: Error, CustomStringConvertible {
  let description: String
}
