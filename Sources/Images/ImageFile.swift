import Files
import Samples

/// Reads image files as 8-bit gray or RGB: PNG, JPEG, GIF, BMP and WebP. The content tells the format, not the name.
///
/// Pixels are those of Pillow, with which most training programs read images: samples as stored, whatever gamma or
/// colour space the file declares; the first frame of an animation; turned by the EXIF orientation, as by
/// `ImageOps.exif_transpose`. Transparent pixels are put on white, or on black (see `LoadedImage.onGround`). An image is
/// gray where its file has no colour. PNG and JPEG files say so themselves. A GIF or BMP file with a palette is gray
/// where every colour that its pixels use is gray, and a WebP file always has colour.
package enum ImageFile {
  /// Checked in the header, before memory for pixels is allocated.
  package static let pixelCountMax = 64 << 20
  package static let byteCountMax = 512 << 20

  private static let readers: [any ImageReader.Type] = [
    PNGReader.self, JPEGReader.self, GIFReader.self, BMPReader.self, WebPReader.self,
  ]

  /// Enough to recognize any format.
  private static let beginningByteCount = 1024

  /// Reads only the beginning of a file that is no image.
  /// - Throws: `ImageError`.
  package static func read(_ path: FilePath) throws(ImageError) -> LoadedImage {
    let file: ReadableFile
    var bytes: [UInt8]
    do throws(FileError) {
      file = try ReadableFile(path)
      bytes = try file.read(at: 0, count: beginningByteCount)
    } catch {
      throw .file(error)
    }
    guard reader(of: bytes) != nil else { throw notRead(bytes, path: file.path) }
    guard file.byteCount <= byteCountMax else { throw .fileTooLarge(path: file.path) }
    do throws(FileError) {
      if file.byteCount > bytes.count { bytes = try file.read(at: 0, count: file.byteCount) }
    } catch {
      throw .file(error)
    }
    return try decode(bytes, path: file.path)
  }

  private static func reader(of bytes: [UInt8]) -> (any ImageReader.Type)? {
    readers.first { $0.recognizes(bytes) }
  }

  /// The error for a file that no reader recognizes.
  private static func notRead(_ bytes: [UInt8], path: String) -> ImageError {
    if let name = ForeignFormat.name(of: bytes) { return .unsupported(path: path, kind: name) }
    return bytes.isEmpty ? .empty(path: path) : .unknownFormat(path: path)
  }

  /// - Parameters:
  ///   - path: Where the bytes come from, for messages.
  ///   - pixelCountMax: Larger images are refused. Of most formats, a few bytes can hold many pixels of one colour.
  /// - Throws: `ImageError`.
  package static func decode(
    _ bytes: [UInt8], path: String, pixelCountMax: Int = ImageFile.pixelCountMax
  ) throws(ImageError) -> LoadedImage {
    guard let reader = reader(of: bytes) else { throw notRead(bytes, path: path) }
    var loaded = try reader.decode(bytes, path: path, pixelCountMax: pixelCountMax)
    if let orientation = reader.exif(of: bytes).flatMap(Orientation.init(exif:)), orientation != .upright {
      loaded.image = loaded.image.turned(from: orientation)
      loaded.remarks.insert(.turned, at: 0)
    }
    return loaded
  }

  /// - Throws: `ImageError.tooLarge`.
  static func checkSize(width: Int, height: Int, path: String, pixelCountMax: Int) throws(ImageError) {
    let (pixelCount, isOverflow) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !isOverflow, pixelCount <= pixelCountMax else {
      throw .tooLarge(path: path, width: width, height: height)
    }
  }
}

/// The decoder of one format.
protocol ImageReader: SendableMetatype {
  /// Whether a file begins like one of this format.
  static func recognizes(_ bytes: [UInt8]) -> Bool

  /// The first picture of the file, not yet turned.
  static func decode(_ bytes: [UInt8], path: String, pixelCountMax: Int) throws(ImageError) -> LoadedImage

  /// The file's EXIF block: a TIFF header and what follows; nil where there is none.
  static func exif(of bytes: [UInt8]) -> ArraySlice<UInt8>?
}

extension ImageReader {
  static func exif(of bytes: [UInt8]) -> ArraySlice<UInt8>? { nil }
}
