import Files
import Foundation
import GRDB
import GRDBSQLite
import Schemas
import Synchronization

/// How a catalog is opened depends on what the file system lets processes share (`FileSharing`).
///
/// | shared | journal | who excludes whom |
/// | --- | --- | --- |
/// | locks and memory | write-ahead log | readers and the writer never wait for one another |
/// | locks | rollback journal | SQLite's locks: a commit waits for readers, and readers wait for a commit |
/// | nothing | rollback journal | the workspace lock: SQLite takes none, and readers hold it while they copy the files |
///
/// The file's header says which journal the last writer used. A workspace may have come from another file system since,
/// even in the middle of a transaction, so each writer converts it. Until then a reader, which must change nothing,
/// reads a copy: of a write-ahead log that cannot be mapped, and of a rollback journal that must be rolled back.
extension Catalog {
  /// How long a statement waits for another program's lock: a writing `sqlite3` shell, or without shared memory any
  /// transaction.
  private static let busyTimeoutSeconds = 10.0

  // MARK: Readers

  /// - Throws: `notReadableInPlace` where the caller must ask for a copy.
  static func opened(_ path: String) throws -> DatabaseQueue {
    switch FileSharing(nextToDatabase: path) {
    case .locksAndMemory: break
    case .locks: if hasWriteAheadLog(path) { throw CatalogError.notReadableInPlace(path: path) }
    case .none: throw CatalogError.notReadableInPlace(path: path)
    }
    var configuration = Self.configuration
    configuration.readonly = true
    do {
      return try readable(connect(to: path, configuration), path: path)
    } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
      throw CatalogError.notReadableInPlace(path: path)
    }
  }

  /// A copy in memory. The files are copied to a folder for temporary files first, where SQLite may complete or roll
  /// back the last transaction.
  static func copied(_ path: String) throws -> DatabaseQueue {
    let folder = FileManager.default.temporaryDirectory.appending(path: "glyphline-\(UUID())").path()
    let files = SystemFileSystem()
    do {
      try files.createDirectory(folder)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let copy = folder + "/catalog.sqlite"
      for suffix in ["", "-wal", "-journal"] where suffix.isEmpty || FileStatus(path + suffix) != nil {
        try writeDurably(try ReadableFile.contents(of: path + suffix), to: copy + suffix)
      }
      let queue = try DatabaseQueue()
      try connect(to: copy, exclusiveConfiguration, locking: false).backup(to: queue)
      return try readable(queue, path: path)
    } catch let error as FileError {
      throw CatalogError.file(error)
    }
  }

  /// The catalog in this program's schema version. A reader changes no file, so an older catalog is copied into memory
  /// and upgraded there.
  private static func readable(_ queue: DatabaseQueue, path: String) throws -> DatabaseQueue {
    guard let version = try queue.read({ try Self.version(of: $0, path: path) }) else {
      throw CatalogError.empty(path: path)
    }
    guard version < schemaVersion else { return queue }
    let copy = try DatabaseQueue()
    try queue.backup(to: copy)
    try copy.write { try $0.execute(sql: upgrade(from: version)) }
    return copy
  }

  /// Whether the database is in WAL mode, by byte 18 of its header (https://www.sqlite.org/fileformat2.html, 1.3.3).
  /// Closing the file drops the `fcntl` locks that this process has on it, so no other connection may be open.
  private static func hasWriteAheadLog(_ path: String) -> Bool {
    guard let header = try? FileHandle(forReadingAtPath: path)?.read(upToCount: 19) else { return false }
    return header.count == 19 && header[18] == 2
  }

  // MARK: The writer

  /// A new file gets the schema; an older catalog is upgraded.
  static func writable(_ path: String) throws -> DatabaseQueue {
    let sharing = FileSharing(nextToDatabase: path)
    let queue = try connect(
      to: path, sharing == .locksAndMemory ? configuration : exclusiveConfiguration, locking: sharing != .none)
    // Checked before anything is written, since the file may belong to another program.
    let version = try queue.read { try Self.version(of: $0, path: path) }
    try queue.writeWithoutTransaction { database in
      if let fault = try fault(of: database) {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: fault)
      }
      try setJournal(of: database, sharing)
      if version != schemaVersion {
        try database.inTransaction {
          try database.execute(sql: version.map { upgrade(from: $0) } ?? catalogSchema)
          return .commit
        }
      }
    }
    return queue
  }

  /// Chooses the journal, and makes commits durable: after the commit of a shard or checkpoint, older files may be
  /// deleted, so a loss of power must not undo it.
  private static func setJournal(of database: Database, _ sharing: FileSharing) throws {
    if sharing == .locksAndMemory {
      // Readers never wait for the writer, nor the writer for readers.
      try database.execute(sql: "PRAGMA journal_mode = WAL")
    } else {
      // A commit that truncates the journal syncs it. One that deletes the journal leaves the directory unsynced at
      // level FULL, so a loss of power could bring the journal back, and with it undo the transaction.
      try database.execute(sql: "PRAGMA journal_mode = TRUNCATE")
      // The next transaction gives up the lock that `exclusiveConfiguration` took.
      try database.execute(sql: "PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema")
    }
    // At level NORMAL, the last commits would not be on stable storage.
    try database.execute(sql: "PRAGMA synchronous = FULL")
  }

  // MARK: Connections

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busyTimeoutSeconds)
    return configuration
  }

  /// For the first access to a database that may have a write-ahead log where no memory can be shared: a connection that
  /// excludes all others has the log's index in its own memory (https://www.sqlite.org/wal.html#noshm).
  private static var exclusiveConfiguration: Configuration {
    var configuration = Self.configuration
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
    return configuration
  }

  /// Held while a connection is made, since SQLite's default file functions belong to the whole process.
  private static let connecting = Mutex(())

  /// - Parameter locking: Whether SQLite locks the file. If not, the caller must exclude all others.
  private static func connect(
    to path: String, _ configuration: Configuration, locking: Bool = true
  ) throws -> DatabaseQueue {
    try connecting.withLock { _ in
      // GRDB has no parameter for SQLite's file functions (https://www.sqlite.org/vfs.html).
      guard !locking, let unlocked = sqlite3_vfs_find("unix-none"), let usual = sqlite3_vfs_find(nil) else {
        return try DatabaseQueue(path: path, configuration: configuration)
      }
      sqlite3_vfs_register(unlocked, 1)
      defer { sqlite3_vfs_register(usual, 1) }
      return try DatabaseQueue(path: path, configuration: configuration)
    }
  }

  // MARK: Versions and faults

  /// The statements of `upgrades.sql` after the line that sets `version`; all of them for version 1.
  private static func upgrade(from version: Int) -> String {
    let former = schemaVersions(in: catalogUpgrades).first { $0.version == version }
    return String(catalogUpgrades[(former?.end ?? catalogUpgrades.startIndex)...])
  }

  /// The schema versions that a script sets, each with the end of the line that sets it.
  static func schemaVersions(in script: String) -> [(version: Int, end: String.Index)] {
    script.split(separator: "\n").compactMap { line in
      guard line.hasPrefix(versionStatement) else { return nil }
      return Int(line.dropFirst(versionStatement.count).prefix { $0.isNumber }).map { ($0, line.endIndex) }
    }
  }

  /// The first fault that SQLite finds in the tables on which stages rely: damaged pages, or rows that violate the
  /// schema's checks, such as numbers too large to add or files outside the workspace. nil where there is none.
  /// A check takes 10 ms a megabyte, so it leaves out the tables that grow with the samples and steps. Their pages are
  /// checked whenever they are read or written, and the content of `sample` is in the shards too.
  private static func fault(of database: Database) throws -> String? {
    try String.fetchOne(
      database,
      sql: """
        SELECT quick_check FROM sqlite_schema AS object, pragma_quick_check(object.name)
        WHERE object.type = 'table' AND object.name NOT IN ('sample', 'prediction', 'metric', 'metric_rate')
          AND quick_check <> 'ok'
        LIMIT 1
        """)
  }

  /// The schema version; nil of an empty database, which is new or was left by a crash before the schema was written.
  private static func version(of database: Database, path: String) throws -> Int? {
    let application = try Int.fetchOne(database, sql: "PRAGMA application_id")
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    let objectCount = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema")
    if application == 0 && version == 0 && objectCount == 0 { return nil }
    guard application == applicationID && version > 0 else { throw CatalogError.notACatalog(path: path) }
    guard version <= schemaVersion else {
      throw CatalogError.newerVersion(path: path, found: version, supported: schemaVersion)
    }
    return version
  }
}
