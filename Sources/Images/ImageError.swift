import Files

/// Why an image file cannot be read or written.
package enum ImageError: Error, Equatable, CustomStringConvertible {
  /// No image at all, as far as its first bytes tell.
  case unknownFormat(path: String)
  case empty(path: String)
  /// A file that cannot be decoded; `reason` says where it goes wrong.
  case corrupt(path: String, format: String, reason: String)
  /// An image of a format, or of a kind within a format, that is not read; `kind` names it with its article.
  case unsupported(path: String, kind: String)
  case tooLarge(path: String, width: Int, height: Int)
  case fileTooLarge(path: String)
  case cannotEncode(reason: String)
  case file(FileError)

  package var description: String {
    switch self {
    case .unknownFormat(let path): "\(path) is not an image: it has the content of no known format"
    case .empty(let path): "\(path) is empty"
    case .corrupt(let path, let format, let reason): "\(path) is a damaged \(format) file: \(reason)"
    case .unsupported(let path, let kind): "\(path) is \(kind); save it as PNG first"
    case .tooLarge(let path, let width, let height):
      "\(path) has \(width) x \(height) pixels, allowed: \(ImageFile.pixelCountMax) in all"
    case .fileTooLarge(let path): "\(path) has more than \(ImageFile.byteCountMax) bytes"
    case .cannotEncode(let reason): "cannot encode the image as PNG: \(reason)"
    case .file(let error): error.description
    }
  }
}

extension ImageError {
  /// Whether the file is something else than an image.
  package var isNoImage: Bool {
    switch self {
    case .unknownFormat, .empty: true
    default: false
    }
  }
}

extension ImageError: ReportedError {
  package var cause: (any ReportedError)? { if case .file(let error) = self { error } else { nil } }
}
