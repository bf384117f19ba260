import Foundation

/// A file that appears under its name only when it is whole and on stable storage. It is written under a temporary
/// name beside its place; `finish()` syncs it, renames it and syncs the directory. A file that is dropped unfinished,
/// or whose sync failed, leaves nothing under its name (if the directory's sync fails, the whole file stands there,
/// though a crash may still take it away); a failed sync is never tried again, since the kernel may have dropped the
/// unwritten pages ("Can applications recover from fsync failures?", Rebello et al., USENIX ATC 2020).
package struct DurableFile: ~Copyable {
  /// What temporary names end in; such files are rubbish once no program writes them.
  package static let temporarySuffix = ".partial"

  package let path: String
  package private(set) var byteCount = 0
  private let temporaryPath: String
  private let descriptor: Int32
  private let fileSystem: any FileSystem
  private var isOpen = true

  package init(_ path: String, in fileSystem: any FileSystem = SystemFileSystem()) throws(FileError) {
    self.path = path
    self.fileSystem = fileSystem
    temporaryPath = path + Self.temporarySuffix
    try Self.checkReplaceable(path)
    descriptor = try fileSystem.create(temporaryPath)
  }

  /// The rename at the end would put the file in place of whatever stands there, a device or a link as well.
  private static func checkReplaceable(_ path: String) throws(FileError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw FileError(.create, path: path, code: EISDIR)
    default: throw .notAFile(.create, path: path)
    }
  }

  deinit {
    guard isOpen else { return }
    fileSystem.close(descriptor)
    try? fileSystem.remove(temporaryPath)
  }

  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try fileSystem.write(bytes, to: descriptor, path: path)
    byteCount += bytes.count
  }

  package mutating func write(_ bytes: [UInt8]) throws(FileError) {
    // `withUnsafeBytes` rethrows any error; the result carries the typed one across.
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try fileSystem.write(bytes, to: descriptor, path: path) }
    }
    try result.get()
    byteCount += bytes.count
  }

  /// Makes the file durable under its name, in place of one that stood there.
  package consuming func finish() throws(FileError) {
    try fileSystem.sync(descriptor, path: path)
    fileSystem.close(descriptor)
    isOpen = false
    do {
      try fileSystem.rename(temporaryPath, to: path)
    } catch {
      try? fileSystem.remove(temporaryPath)
      throw error
    }
    try fileSystem.syncDirectory(parentDirectory(of: path))
  }
}

/// Writes `bytes` as a durable file in one step.
package func writeDurably(
  _ bytes: [UInt8], to path: String, in fileSystem: any FileSystem = SystemFileSystem()
) throws(FileError) {
  var file = try DurableFile(path, in: fileSystem)
  try file.write(bytes)
  try file.finish()
}
