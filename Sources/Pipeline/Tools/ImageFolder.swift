import Files

/// What a folder and its subfolders hold.
package struct ImageFolder: Sendable {
  /// Files that may be images, sorted by path. Their content tells whether they are.
  package private(set) var files: [FilePath] = []
  package private(set) var passedOver: [PassedOver] = []

  /// - Throws: `FileError` where the folder or a subfolder cannot be listed, `PipelineError.emptyFolder` where no file
  ///   may be an image.
  package init(_ folder: FilePath) throws {
    try add(folder)
    guard !files.isEmpty else { throw PipelineError.emptyFolder("\(folder)") }
    files.sort()
    passedOver.sort { $0.path < $1.path }
  }

  private mutating func add(_ folder: FilePath) throws(FileError) {
    for entry in try entries(ofFolder: folder) {
      switch entry.kind {
      // AppleDouble companions such as ._AB12.png, which macOS writes beside files, are among them.
      case _ where entry.path.name.first == UInt8(ascii: "."): passOver(entry.path, .hidden)
      case .file: files.append(entry.path)
      case .folder: try add(entry.path)
      case .linkToFolder: passOver(entry.path, .linkToFolder)
      case .special: passOver(entry.path, .special)
      }
    }
  }

  private mutating func passOver(_ path: FilePath, _ reason: PassedOver.Reason) {
    passedOver.append(PassedOver(path: path, reason: reason))
  }
}

/// A file or folder that was found in a folder and not used.
package struct PassedOver: Sendable {
  package enum Reason: String, Sendable, CaseIterable {
    case hidden
    case linkToFolder = "link to a folder"
    case special = "pipe, socket or device"
    case notAnImage = "no image"
    case unlisted = "not in labels.csv"
    /// Of an import that adds to a split.
    case present = "in the split already"
  }

  package let path: FilePath
  package let reason: Reason

  package init(path: FilePath, reason: Reason) { (self.path, self.reason) = (path, reason) }
}

extension FilePath {
  private static let imageEndings = [
    "png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "webp", "tif", "tiff", "avif", "heic", "jp2", "jxl",
  ]

  /// Whether the file's name says that it is an image. If its content is none, it is damaged.
  package var isNamedAsImage: Bool {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
    return Self.imageEndings.contains(String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased())
  }
}
