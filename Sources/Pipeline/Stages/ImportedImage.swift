import Files
import Images
import Samples
import Specs

/// An image file that was checked and can become a sample.
struct ImportedImage: Sendable {
  private let path: String
  private let label: Label
  /// Hash of the pixels after conversion, as they will be stored.
  private let pixelHash: ContentHash
  let isConverted: Bool

  init(_ entry: LabelledImages.Entry, of captcha: CaptchaSpec) throws(ImportFault) {
    func fault(_ reason: String) -> ImportFault { ImportFault(description: "\(entry.path): \(reason)") }
    guard let text = entry.label else {
      throw fault("it has no label; name it like AB12_anything.png")
    }
    guard !text.isEmpty else { throw fault("the table gives it no label") }
    guard let label = captcha.alphabet.label(of: text) else {
      let strange = text.filter { captcha.alphabet.index(of: $0) == nil }
      throw fault("its label '\(text)' has '\(strange)', which is not in the spec's charset")
    }
    guard captcha.entries.contains(where: { $0.lengths.contains(label.count) }) else {
      let length = counted(label.count, "character")
      throw fault("its label '\(text)' has \(length), which the spec's captcha.length does not allow")
    }
    path = entry.path
    self.label = label
    do throws(ImageError) {
      let image = try ImageFile.read(entry.path).image
      isConverted = image.geometry != captcha.geometry
      pixelHash = ContentHash(of: image.converted(to: captcha.geometry).pixels)
    } catch {
      throw ImportFault(description: error.description)
    }
  }

  /// Reads the file again, since no image is kept in memory between the check and the writing of its shard.
  /// - Throws: `PipelineError.changedFile` where the pixels have changed since the check.
  func sample(index: UInt64, of captcha: CaptchaSpec) throws -> Sample {
    let image = try ImageFile.read(path).image.converted(to: captcha.geometry)
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
