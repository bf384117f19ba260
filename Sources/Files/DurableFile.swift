import Foundation

/// A file that appears under its name only when it is whole and on stable storage. It is written under a temporary name
/// in the same folder; `finish()` syncs it, renames it and syncs the directory. A file that is dropped unfinished, or
/// whose sync fails, leaves nothing under its name. Where the directory's sync fails, the whole file is there, but a
/// crash may still remove it. A failed sync is never retried, since the kernel may have dropped the unwritten pages
/// ("Can applications recover from fsync failures?", Rebello et al., USENIX ATC 2020).
package struct DurableFile: ~Copyable {
  /// Suffix of temporary names. Such a file is of no use once no program writes it.
  package static let temporarySuffix = ".partial"

  package let path: String
  package private(set) var byteCount = 0
  private let temporaryPath: String
  private let descriptor: Int32
  private let fileSystem: any FileSystem
  private var isOpen = true

  /// - Parameter sharesFolder: Whether another process, on any machine, may write the same file at the same time. Then
  ///   each has a temporary name of its own, and the last to finish gives the file its content.
  package init(
    _ path: String, sharesFolder: Bool = false, in fileSystem: any FileSystem = SystemFileSystem()
  ) throws(FileError) {
    self.path = path
    self.fileSystem = fileSystem
    temporaryPath = path + (sharesFolder ? ".\(UInt64.random(in: 0 ... .max))" : "") + Self.temporarySuffix
    try Self.checkReplaceable(path)
    descriptor = try fileSystem.create(temporaryPath)
  }

  /// Refuses what is not a regular file: the final rename would replace even a device or a link.
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
    try fileSystem.write(bytes, to: descriptor, path: path)
    byteCount += bytes.count
  }

  /// Makes the file durable under its name, replacing any file there.
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
