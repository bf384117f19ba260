import Files

/// Why an image file cannot be read or written.
package enum ImageError: Error, Equatable, CustomStringConvertible {
  /// Not a PNG file at all.
  case notPNG(path: String)
  /// A PNG file that cannot be decoded; `reason` is libpng's.
  case corrupt(path: String, reason: String)
  case tooLarge(path: String, width: Int, height: Int)
  case fileTooLarge(path: String)
  case cannotEncode(reason: String)
  case file(FileError)

  package var description: String {
    switch self {
    case .notPNG(let path): "\(path) is no PNG file"
    case .corrupt(let path, let reason): "\(path) is a damaged PNG file: \(reason)"
    case .tooLarge(let path, let width, let height):
      "\(path) has \(width) x \(height) pixels, allowed: \(PNGReader.pixelCountMax) in all"
    case .fileTooLarge(let path): "\(path) has more than \(PNGReader.byteCountMax) bytes"
    case .cannotEncode(let reason): "cannot encode the image as PNG: \(reason)"
    case .file(let error): error.description
    }
  }
}
