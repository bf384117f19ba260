import Files
import Samples

/// Reads image files, PNG and JPEG, as 8-bit gray or RGB. The format is detected from the content, not from the name.
package enum ImageFile {
  /// Checked in the header, before memory for pixels is allocated.
  package static let pixelCountMax = 64 << 20
  package static let byteCountMax = 512 << 20

  /// - Throws: `ImageError`.
  package static func read(_ path: String) throws(ImageError) -> Image {
    let bytes: [UInt8]?
    do throws(FileError) {
      let file = try ReadableFile(path)
      bytes = file.byteCount <= byteCountMax ? try file.read(at: 0, count: file.byteCount) : nil
    } catch {
      throw .file(error)
    }
    guard let bytes else { throw .fileTooLarge(path: path) }
    return try decode(bytes, path: path)
  }

  /// - Parameter path: Where the bytes come from, for messages.
  /// - Throws: `ImageError`.
  package static func decode(_ bytes: [UInt8], path: String) throws(ImageError) -> Image {
    if bytes.starts(with: PNGReader.signature) { return try PNGReader.decode(bytes, path: path) }
    if bytes.starts(with: JPEGReader.signature) { return try JPEGReader.decode(bytes, path: path) }
    throw bytes.isEmpty ? .empty(path: path) : .unknownFormat(path: path)
  }

  /// - Throws: `ImageError.tooLarge`.
  static func checkSize(width: Int, height: Int, path: String) throws(ImageError) {
    let (pixelCount, isOverflow) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !isOverflow, pixelCount <= pixelCountMax else {
      throw .tooLarge(path: path, width: width, height: height)
    }
  }
}
