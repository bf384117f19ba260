import Foundation

/// An entry of a folder.
package struct FolderEntry: Sendable {
  package enum Kind: Sendable {
    /// A file, or a link to one.
    case file
    case folder
    case linkToFolder
    /// A pipe, a socket or a device.
    case special
  }

  package let path: FilePath
  package let kind: Kind

  fileprivate init(_ path: FilePath, type: Int32) {
    self.path = path
    kind =
      switch type {
      case Int32(DT_REG): .file
      case Int32(DT_DIR): .folder
      // Links, and file systems that do not tell the type.
      case Int32(DT_LNK), Int32(DT_UNKNOWN): Self.kind(of: path)
      default: .special
      }
  }

  private static func kind(of path: FilePath) -> Kind {
    func type(_ status: (UnsafePointer<CChar>, UnsafeMutablePointer<stat>) -> Int32) -> mode_t? {
      var result = stat()
      return path.withCString { status($0, &result) } == 0 ? result.st_mode & S_IFMT : nil
    }
    return switch type(stat) {
    case S_IFDIR: type(lstat) == S_IFLNK ? .linkToFolder : .folder
    // To open a link that leads nowhere tells what is wrong with it.
    case S_IFREG, nil: .file
    default: .special
    }
  }
}

/// A folder's entries, in no particular order.
package func entries(ofFolder path: FilePath) throws(FileError) -> [FolderEntry] {
  guard let stream = path.withCString({ opendir($0) }) else { throw FileError(.list, path: "\(path)", code: errno) }
  defer { closedir(stream) }
  var entries: [FolderEntry] = []
  errno = 0
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    if name != Array(".".utf8) && name != Array("..".utf8) {
      entries.append(FolderEntry(path.appending(name), type: Int32(entry.pointee.d_type)))
    }
    errno = 0
  }
  guard errno == 0 else { throw FileError(.list, path: "\(path)", code: errno) }
  return entries
}

/// The names of a folder's entries, in no particular order.
package func contents(ofFolder path: String) throws(FileError) -> [String] {
  try entries(ofFolder: FilePath(path)).map { String(decoding: $0.path.name, as: UTF8.self) }
}

/// Tells whether two paths lead to the same file.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// nil where there is no such file.
  package init?(_ path: FilePath) {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
    (device, number) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino))
  }
}

/// Whether `path` is a folder, or a link to one.
package func isFolder(_ path: String) -> Bool { isFolder(FilePath(path)) }

/// Whether `path` is a folder, or a link to one.
package func isFolder(_ path: FilePath) -> Bool {
  var status = stat()
  return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
}
