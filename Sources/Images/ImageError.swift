import Files

/// Why an image file cannot be read or written.
package enum ImageError: Error, Equatable, CustomStringConvertible {
  /// Neither a PNG nor a JPEG file.
  case unknownFormat(path: String)
  case empty(path: String)
  /// A file that cannot be decoded; `reason` is the library's.
  case corrupt(path: String, format: String, reason: String)
  /// A kind of picture that does not convert to one gray or RGB image.
  case unsupported(path: String, kind: String)
  case tooLarge(path: String, width: Int, height: Int)
  case fileTooLarge(path: String)
  case cannotEncode(reason: String)
  case file(FileError)

  package var description: String {
    switch self {
    case .unknownFormat(let path): "\(path) is neither a PNG nor a JPEG file"
    case .empty(let path): "\(path) is empty"
    case .corrupt(let path, let format, let reason): "\(path) is a damaged \(format) file: \(reason)"
    case .unsupported(let path, let kind): "\(path) is \(kind); save it as an ordinary PNG file first"
    case .tooLarge(let path, let width, let height):
      "\(path) has \(width) x \(height) pixels, allowed: \(ImageFile.pixelCountMax) in all"
    case .fileTooLarge(let path): "\(path) has more than \(ImageFile.byteCountMax) bytes"
    case .cannotEncode(let reason): "cannot encode the image as PNG: \(reason)"
    case .file(let error): error.description
    }
  }
}

extension ImageError: ReportedError {
  package var cause: (any ReportedError)? { if case .file(let error) = self { error } else { nil } }
}
