import Foundation

/// The operations that durability depends on. Everything that must survive a crash is written through this protocol, so
/// that a test can make any one of them fail, or kill the program there.
package protocol FileSystem: Sendable {
  /// Creates or empties the file, for writing. Does not follow a link.
  func create(_ path: String) throws(FileError) -> Int32
  /// Writes all bytes at the end of the file.
  func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(FileError)
  /// Returns when the file's content is on stable storage.
  func sync(_ descriptor: Int32, path: String) throws(FileError)
  func close(_ descriptor: Int32)
  func rename(_ path: String, to newPath: String) throws(FileError)
  /// Returns when the directory's entries are on stable storage.
  func syncDirectory(_ path: String) throws(FileError)
  func remove(_ path: String) throws(FileError)
  /// Creates the directory and its parents where they do not exist, each durably.
  func createDirectory(_ path: String) throws(FileError)
}

extension FileSystem {
  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
    // `withUnsafeBytes` loses the type of an error; `Result` keeps it.
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try write(bytes, to: descriptor, path: path) }
    }
    try result.get()
  }
}

/// The operating system's own file system.
package struct SystemFileSystem: FileSystem {
  package init() {}

  package func create(_ path: String) throws(FileError) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw FileError(.create, path: path, code: errno) }
    return descriptor
  }

  package func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(FileError) {
    var rest = bytes
    while let address = rest.baseAddress, !rest.isEmpty {
      let written = Foundation.write(descriptor, address, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(.write, path: path, code: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  package func sync(_ descriptor: Int32, path: String) throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError(.sync, path: path, code: errno) }
  }

  package func close(_ descriptor: Int32) { _ = Foundation.close(descriptor) }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    guard Foundation.rename(path, newPath) == 0 else { throw FileError(.rename, path: newPath, code: errno) }
  }

  package func syncDirectory(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(.syncDirectory, path: path, code: errno) }
    defer { _ = Foundation.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError(.syncDirectory, path: path, code: errno) }
  }

  package func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 else { throw FileError(.remove, path: path, code: errno) }
  }

  package func createDirectory(_ path: String) throws(FileError) {
    if isFolder(path) { return }
    let parent = parentDirectory(of: path)
    if parent != path { try createDirectory(parent) }
    if mkdir(path, 0o755) != 0 {
      let code = errno
      // Another process may have created it meanwhile; but a file of that name is an error.
      guard code == EEXIST && isFolder(path) else {
        throw FileError(.createDirectory, path: path, code: code == EEXIST ? ENOTDIR : code)
      }
    }
    try syncDirectory(parent)
  }
}

/// The directory that holds the entry `path`; "." for a bare name. (`NSString.deletingLastPathComponent` of Swift 6.2's
/// Foundation for Linux traps on names of one letter.)
package func parentDirectory(of path: String) -> String {
  let bytes = Array(path.utf8)
  let slash = UInt8(ascii: "/")
  // Trailing slashes belong to the entry; those before it belong to neither.
  guard let last = bytes.lastIndex(where: { $0 != slash }) else { return bytes.isEmpty ? "." : "/" }
  guard let separator = bytes[..<last].lastIndex(of: slash) else { return "." }
  guard let parentEnd = bytes[..<separator].lastIndex(where: { $0 != slash }) else { return "/" }
  return String(decoding: bytes[...parentEnd], as: UTF8.self)
}
