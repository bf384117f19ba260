import Files
import Images
import Samples
import Specs

/// An image file that was checked and can become a sample.
struct ImportedImage: Sendable {
  /// What the check of a file says.
  enum Outcome: Sendable {
    case image(ImportedImage)
    case passedOver(PassedOver)
    /// The file cannot be a sample; the text names it and says why.
    case fault(String)
  }

  let path: FilePath
  /// The label, and the hash of the pixels as they will be stored.
  let content: ImportedContent.Sample
  let isConverted: Bool
  let remarks: [ImageRemark]

  static func check(_ entry: LabelledImages.Entry, of captcha: CaptchaSpec) -> Outcome {
    let checked = Result { () throws(LabelFault) in try label(of: entry, in: captcha) }
    // The name of something else than an image need not begin with a label.
    if entry.isImage, case .failure(let fault) = checked { return .fault("\(entry.path): \(fault.reason)") }
    let loaded: LoadedImage
    do throws(ImageError) {
      loaded = try ImageFile.read(entry.path)
    } catch {
      guard error.isNoImage, !entry.isImage else { return .fault(error.description) }
      return .passedOver(PassedOver(path: entry.path, reason: .notAnImage))
    }
    do throws(LabelFault) {
      let label = try checked.get()
      let image = loaded.image.converted(to: captcha.geometry)
      return .image(
        ImportedImage(
          path: entry.path, content: .init(label: label, pixelHash: ContentHash(of: image.pixels)),
          isConverted: loaded.image.geometry != captcha.geometry, remarks: ImageRemark.all(of: loaded, converted: image)
        ))
    } catch {
      return .fault("\(entry.path): \(error.reason)")
    }
  }

  private static func label(of entry: LabelledImages.Entry, in captcha: CaptchaSpec) throws(LabelFault) -> Label {
    guard let text = entry.label else { throw LabelFault(reason: "it has no label; name it like AB12_anything.png") }
    guard !text.isEmpty else { throw LabelFault(reason: "the table gives it no label") }
    guard let label = captcha.alphabet.label(of: text) else {
      let strange = text.filter { captcha.alphabet.index(of: $0) == nil }
      throw LabelFault(reason: "its label '\(text)' has '\(strange)', which is not in the spec's charset")
    }
    guard captcha.entries.contains(where: { $0.lengths.contains(label.count) }) else {
      let length = counted(label.count, "character")
      throw LabelFault(reason: "its label '\(text)' has \(length), which the spec's captcha.length does not allow")
    }
    return label
  }

  /// Reads the file again, since no image is kept in memory between the check and the writing of its shard.
  /// - Throws: `PipelineError.changedFile` where the pixels have changed since the check.
  func sample(index: UInt64, of captcha: CaptchaSpec) throws -> Sample {
    let image = try ImageFile.read(path).image.converted(to: captcha.geometry)
    guard ContentHash(of: image.pixels) == content.pixelHash else {
      throw PipelineError.changedFile(path: "\(path)")
    }
    return Sample(index: index, seed: 0, label: content.label, image: image)
  }
}

private struct LabelFault: Error {
  let reason: String
}
