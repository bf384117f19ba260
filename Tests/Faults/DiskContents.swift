/// The contents of a disk, and what of them survives a loss of power: of a file the bytes at its last sync, of a
/// directory the names at its last sync.
package struct DiskContents: Sendable {
  /// A sudden end of a run, and which of its writes survive.
  package enum Loss: String, CaseIterable, Sendable {
    /// The process is killed: everything that it wrote survives.
    case process
    /// Loss of power: synced bytes of files and synced names of directories survive.
    case power
    /// Loss of power: synced bytes and all names survive, as on a file system that does not order writes.
    case powerKeepingNames
    /// Loss of power: all names, synced bytes, and every other page of the bytes written since survive.
    case powerTearingPages
  }

  private struct File {
    var bytes: [UInt8] = []
    var syncedBytes: [UInt8] = []
  }

  private static let pageByteCount = 4096

  /// Files by number, which a file keeps when it is renamed.
  private var files: [File] = []
  /// File numbers by path, as the running system sees them.
  private var names: [String: Int] = [:]
  /// File numbers by path, as on stable storage.
  private var syncedNames: [String: Int] = [:]
  private var openFiles: [Int32: Int] = [:]

  /// The number of the file at a path, which is created if it does not exist.
  private mutating func number(ofFile path: String) -> Int {
    if let number = names[path] { return number }
    files.append(File())
    names[path] = files.count - 1
    return files.count - 1
  }

  mutating func create(_ path: String, descriptor: Int32) {
    let number = number(ofFile: path)
    files[number].bytes = []
    openFiles[descriptor] = number
  }

  mutating func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32) {
    if let number = openFiles[descriptor] { files[number].bytes += bytes }
  }

  mutating func sync(_ descriptor: Int32) {
    if let number = openFiles[descriptor] { files[number].syncedBytes = files[number].bytes }
  }

  mutating func close(_ descriptor: Int32) { openFiles[descriptor] = nil }

  mutating func rename(_ path: String, to newPath: String) { names[newPath] = names.removeValue(forKey: path) }

  mutating func remove(_ path: String) { names[path] = nil }

  mutating func syncDirectory(_ path: String) {
    func isEntry(_ file: String) -> Bool {
      file.hasPrefix(path + "/") && !file.dropFirst(path.count + 1).contains("/")
    }
    syncedNames = syncedNames.filter { !isEntry($0.key) }.merging(names.filter { isEntry($0.key) }) { $1 }
  }

  // MARK: Database files

  mutating func createDatabase(_ path: String) { _ = number(ofFile: path) }

  mutating func writeDatabase(_ path: String, _ bytes: some Collection<UInt8>, at offset: Int) {
    let number = number(ofFile: path)
    let gap = offset + bytes.count - files[number].bytes.count
    if gap > 0 { files[number].bytes += repeatElement(0, count: gap) }
    files[number].bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  mutating func truncateDatabase(_ path: String, to byteCount: Int) {
    let number = number(ofFile: path)
    files[number].bytes.removeLast(max(0, files[number].bytes.count - byteCount))
  }

  /// Also syncs the file's name, as SQLite does for a file that it has created.
  mutating func syncDatabase(_ path: String) {
    let number = number(ofFile: path)
    files[number].syncedBytes = files[number].bytes
    syncedNames[path] = number
  }

  mutating func removeDatabase(_ path: String) {
    names[path] = nil
    syncedNames[path] = nil
  }

  // MARK: Survivors

  /// The files that the next process finds, by path.
  package func surviving(_ loss: Loss) -> [String: [UInt8]] {
    switch loss {
    case .process: names.mapValues { files[$0].bytes }
    case .power: syncedNames.mapValues { files[$0].syncedBytes }
    case .powerKeepingNames: names.mapValues { files[$0].syncedBytes }
    case .powerTearingPages: names.mapValues { Self.torn(files[$0]) }
    }
  }

  /// The file with its current odd pages and its synced even ones.
  private static func torn(_ file: File) -> [UInt8] {
    guard file.bytes != file.syncedBytes else { return file.bytes }
    var bytes = file.bytes
    for start in stride(from: 0, to: bytes.count, by: 2 * pageByteCount) {
      let page = start..<min(start + pageByteCount, bytes.count)
      let synced = file.syncedBytes.dropFirst(page.lowerBound).prefix(page.count)
      bytes.replaceSubrange(page, with: synced + repeatElement(0, count: page.count - synced.count))
    }
    return bytes
  }
}
