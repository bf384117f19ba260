import Foundation

/// What stands on a disk, and what of it would survive a loss of power: of a file, the bytes at its last sync; of a
/// directory, the names at its last sync.
struct DiskContents {
  /// A file, whatever its names.
  final class File {
    var bytes: [UInt8] = []
    var syncedBytes: [UInt8] = []
  }

  /// By path, as the running system sees them.
  private var files: [String: File] = [:]
  /// By path, as they are on stable storage.
  private var syncedFiles: [String: File] = [:]
  private var openFiles: [Int32: File] = [:]

  mutating func create(_ path: String, descriptor: Int32) {
    let file = files[path] ?? File()
    file.bytes = []
    files[path] = file
    openFiles[descriptor] = file
  }

  mutating func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32) { openFiles[descriptor]?.bytes += bytes }

  mutating func sync(_ descriptor: Int32) {
    guard let file = openFiles[descriptor] else { return }
    file.syncedBytes = file.bytes
  }

  mutating func close(_ descriptor: Int32) { openFiles[descriptor] = nil }

  mutating func rename(_ path: String, to newPath: String) {
    files[newPath] = files.removeValue(forKey: path)
  }

  mutating func remove(_ path: String) { files[path] = nil }

  mutating func syncDirectory(_ path: String) {
    func isEntry(_ file: String) -> Bool { URL(filePath: file).deletingLastPathComponent().path() == path + "/" }
    syncedFiles = syncedFiles.filter { !isEntry($0.key) }
    for (file, content) in files where isEntry(file) { syncedFiles[file] = content }
  }

  /// A database file: SQLite syncs the directory of a file that it has made.
  mutating func syncDatabase(_ path: String, bytes: [UInt8]) {
    let file = files[path] ?? File()
    file.syncedBytes = bytes
    files[path] = file
    syncedFiles[path] = file
  }

  mutating func createDatabase(_ path: String) {
    if files[path] == nil { files[path] = File() }
  }

  mutating func removeDatabase(_ path: String) {
    files[path] = nil
    syncedFiles[path] = nil
  }

  /// Makes the real files those that survive.
  mutating func losePower(keepingNames: Bool) throws {
    for path in files.keys { unlink(path) }
    for (path, file) in keepingNames ? files : syncedFiles {
      try Data(file.syncedBytes).write(to: URL(filePath: path))
    }
  }
}
