import Foundation
import GRDBSQLite
import Synchronization

/// SQLite's files on failing disks: a VFS (https://www.sqlite.org/vfs.html) on top of the system's own. It counts
/// operations that change files in the folder of a `FaultyDisk`, and leaves all other files alone.
package enum FaultyDatabaseFiles {
  /// Disks by folder.
  fileprivate static let disks = Mutex<[String: FaultyDisk]>([:])

  /// Runs `body` while the databases in `folder` are on `disk`.
  package static func on<Value>(_ disk: FaultyDisk, in folder: String, _ body: () throws -> Value) rethrows -> Value {
    _ = isInstalled
    disks.withLock { $0[folder] = disk }
    defer { disks.withLock { _ = $0.removeValue(forKey: folder) } }
    return try body()
  }

  fileprivate static func disk(of path: UnsafePointer<CChar>?) -> (disk: FaultyDisk, path: String)? {
    guard let path = path.map({ String(cString: $0) }) else { return nil }
    return disks.withLock { disks in
      disks.first { path.hasPrefix($0.key + "/") }.map { ($0.value, path) }
    }
  }

  /// Installs the VFS on first use; from then on, new connections of this process use it.
  private static let isInstalled: Bool = {
    // SAFETY: SQLite keeps the structure as long as the process lives, so it is never freed. Of the structure, the
    // system's functions use only `mxPathname`, which is copied.
    guard let system = sqlite3_vfs_find(nil) else { return false }
    let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    vfs.initialize(to: system.pointee)
    vfs.pointee.pNext = nil
    vfs.pointee.zName = UnsafePointer(strdup("faulty"))
    vfs.pointee.pAppData = UnsafeMutableRawPointer(system)
    vfs.pointee.szOsFile = Int32(MemoryLayout<FaultyFile>.stride) + system.pointee.szOsFile
    vfs.pointee.xOpen = { openFile(vfs: $0, path: $1, file: $2, flags: $3, outFlags: $4) }
    vfs.pointee.xDelete = { removeFile(vfs: $0, path: $1, syncDirectory: $2) }
    return sqlite3_vfs_register(vfs, 1) == SQLITE_OK
  }()
}

/// The file structure that SQLite sees; the system's own file structure follows it in memory.
private struct FaultyFile {
  var base: sqlite3_file
  var location: Unmanaged<Location>?

  final class Location {
    let disk: FaultyDisk
    let path: String

    init(disk: FaultyDisk, path: String) {
      self.disk = disk
      self.path = path
    }
  }
}

/// SQLite's extended result codes, whose macros Swift does not import.
private enum Failure {
  static let read = SQLITE_IOERR | 1 << 8
  static let write = SQLITE_IOERR | 3 << 8
  static let fsync = SQLITE_IOERR | 4 << 8
  static let truncate = SQLITE_IOERR | 6 << 8
  static let delete = SQLITE_IOERR | 10 << 8
}

// SAFETY: SQLite allocates `szOsFile` bytes for each file, enough for both structures, and passes the pointer to
// the functions below from `xOpen` to `xClose`; `location` is retained as long.

private func systemFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<sqlite3_file>? {
  UnsafeMutableRawPointer(file)?.advanced(by: MemoryLayout<FaultyFile>.stride)
    .assumingMemoryBound(to: sqlite3_file.self)
}

private func methods(_ file: UnsafeMutablePointer<sqlite3_file>?) -> sqlite3_io_methods? {
  systemFile(file)?.pointee.pMethods?.pointee
}

private func location(of file: UnsafeMutablePointer<sqlite3_file>?) -> FaultyFile.Location? {
  UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: FaultyFile.self).pointee.location?.takeUnretainedValue()
}

private func systemVFS(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> UnsafeMutablePointer<sqlite3_vfs>? {
  vfs?.pointee.pAppData?.assumingMemoryBound(to: sqlite3_vfs.self)
}

private func openFile(
  vfs: UnsafeMutablePointer<sqlite3_vfs>?, path: sqlite3_filename?, file: UnsafeMutablePointer<sqlite3_file>?,
  flags: Int32, outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
  let system = systemVFS(vfs)
  guard let (disk, name) = FaultyDatabaseFiles.disk(of: path) else {
    return system?.pointee.xOpen(system, path, file, flags, outFlags) ?? SQLITE_CANTOPEN
  }
  file?.pointee.pMethods = nil
  if access(name, F_OK) != 0 {
    guard disk.failure(of: "create", path: name) == nil else { return SQLITE_CANTOPEN }
    disk.note { $0.createDatabase(name) }
  }
  let result = system?.pointee.xOpen(system, path, systemFile(file), flags, outFlags) ?? SQLITE_CANTOPEN
  guard result == SQLITE_OK else { return result }
  UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: FaultyFile.self)
    .initialize(
      to: FaultyFile(
        base: sqlite3_file(pMethods: faultyMethods),
        location: Unmanaged.passRetained(FaultyFile.Location(disk: disk, path: name))))
  return SQLITE_OK
}

private func removeFile(
  vfs: UnsafeMutablePointer<sqlite3_vfs>?, path: UnsafePointer<CChar>?, syncDirectory: Int32
) -> Int32 {
  let system = systemVFS(vfs)
  if let (disk, name) = FaultyDatabaseFiles.disk(of: path) {
    guard disk.failure(of: "remove", path: name) == nil else { return Failure.delete }
    disk.note { $0.removeDatabase(name) }
  }
  return system?.pointee.xDelete(system, path, syncDirectory) ?? Failure.delete
}

private func writeFile(
  _ file: UnsafeMutablePointer<sqlite3_file>?, _ bytes: UnsafeRawPointer?, _ byteCount: Int32, _ offset: sqlite3_int64
) -> Int32 {
  guard let location = location(of: file), let methods = methods(file) else { return Failure.write }
  let path = location.path
  let content = Array(UnsafeRawBufferPointer(start: bytes, count: Int(byteCount)))
  let half = content.prefix(content.count / 2)
  let failure = location.disk.failure(ofDatabaseWriteTo: path) { $0.writeDatabase(path, half, at: Int(offset)) }
  guard let failure else {
    location.disk.note { $0.writeDatabase(path, content, at: Int(offset)) }
    return methods.xWrite(systemFile(file), bytes, byteCount, offset)
  }
  _ = methods.xWrite(systemFile(file), bytes, Int32(half.count), offset)
  return failure == ENOSPC ? SQLITE_FULL : Failure.write
}

private func truncateFile(_ file: UnsafeMutablePointer<sqlite3_file>?, _ byteCount: sqlite3_int64) -> Int32 {
  guard let location = location(of: file), location.disk.failure(of: "truncate", path: location.path) == nil else {
    return Failure.truncate
  }
  let path = location.path
  location.disk.note { $0.truncateDatabase(path, to: Int(byteCount)) }
  return methods(file)?.xTruncate(systemFile(file), byteCount) ?? Failure.truncate
}

/// Skips the sync of the real disk, which would only take time.
private func syncFile(_ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32) -> Int32 {
  guard let location = location(of: file), location.disk.failure(of: "sync", path: location.path) == nil else {
    return Failure.fsync
  }
  let path = location.path
  location.disk.note { $0.syncDatabase(path) }
  return SQLITE_OK
}

private func closeFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
  let result = methods(file)?.xClose(systemFile(file)) ?? SQLITE_OK
  UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: FaultyFile.self).pointee.location?.release()
  return result
}

// SAFETY: made once, and never changed.
private nonisolated(unsafe) let faultyMethods: UnsafePointer<sqlite3_io_methods> = {
  let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
  table.initialize(
    to: sqlite3_io_methods(
      iVersion: 3,
      xClose: { closeFile($0) },
      xRead: { methods($0)?.xRead(systemFile($0), $1, $2, $3) ?? Failure.read },
      xWrite: { writeFile($0, $1, $2, $3) },
      xTruncate: { truncateFile($0, $1) },
      xSync: { syncFile($0, $1) },
      xFileSize: { methods($0)?.xFileSize(systemFile($0), $1) ?? SQLITE_IOERR },
      xLock: { methods($0)?.xLock(systemFile($0), $1) ?? SQLITE_IOERR },
      xUnlock: { methods($0)?.xUnlock(systemFile($0), $1) ?? SQLITE_IOERR },
      xCheckReservedLock: { methods($0)?.xCheckReservedLock(systemFile($0), $1) ?? SQLITE_IOERR },
      xFileControl: { methods($0)?.xFileControl(systemFile($0), $1, $2) ?? SQLITE_NOTFOUND },
      xSectorSize: { methods($0)?.xSectorSize(systemFile($0)) ?? 4096 },
      xDeviceCharacteristics: { methods($0)?.xDeviceCharacteristics(systemFile($0)) ?? 0 },
      xShmMap: { methods($0)?.xShmMap(systemFile($0), $1, $2, $3, $4) ?? SQLITE_IOERR },
      xShmLock: { methods($0)?.xShmLock(systemFile($0), $1, $2, $3) ?? SQLITE_IOERR },
      xShmBarrier: { methods($0)?.xShmBarrier(systemFile($0)) },
      xShmUnmap: { methods($0)?.xShmUnmap(systemFile($0), $1) ?? SQLITE_IOERR },
      // Without mapped memory, every write goes through `xWrite`.
      xFetch: { _, _, _, page in
        page?.pointee = nil
        return SQLITE_OK
      },
      xUnfetch: { _, _, _ in SQLITE_OK }))
  return UnsafePointer(table)
}()
