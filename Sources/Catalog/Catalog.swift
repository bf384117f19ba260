import Foundation
import GRDB
import Schemas

/// The SQLite file of a workspace: the index of its samples, the state of its stages, and every result. Its tables and
/// views are described in `Schemas/catalog.sql`.
///
/// One process writes (the workspace lock sees to that); any number of others read meanwhile. What a method has
/// recorded is on stable storage when it returns, and is there as a whole or not at all after a crash.
package final class Catalog: Sendable {
  package enum Access: Sendable {
    /// The catalog must exist.
    case read
    /// The catalog is made where there is none.
    case write
  }

  /// The application id of SQLite's file header, 'GLPH', by which a catalog is told from other databases.
  package static let applicationID = 0x474C_5048
  /// The `user_version` of SQLite's file header, as `Schemas/catalog.sql` sets it.
  package static let schemaVersion = schemaVersions(in: catalogSchema).last?.version ?? 0
  /// How long a statement waits for another program's lock. Only a writing `sqlite3` shell can hold one that long.
  private static let busyTimeoutSeconds = 10.0

  package let path: String
  private let queue: DatabaseQueue

  /// - Throws: `notADatabase`, `notACatalog`, `newerVersion`, or `failed` where the file cannot be opened or made.
  package init(_ path: String, for access: Access) throws(CatalogError) {
    self.path = path
    guard !Self.isPipe(path) else { throw .notADatabase(path: path) }
    do {
      var configuration = Configuration()
      configuration.readonly = access == .read
      configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      // Before anything is written: the file may belong to someone else.
      let version = try queue.read { try Self.version(of: $0, path: path) }
      self.queue =
        switch access {
        case .read: try Self.readable(queue, version: version, path: path)
        case .write: try Self.writable(queue, version: version)
        }
    } catch {
      throw CatalogError(error, path: path, operation: "open the catalog")
    }
  }

  /// The catalog as this program's version has it: an upgraded copy in memory where it is of an older one, since a reader
  /// changes no file.
  /// - Parameter version: nil for a new file.
  private static func readable(_ queue: DatabaseQueue, version: Int?, path: String) throws -> DatabaseQueue {
    guard let version else { throw CatalogError.empty(path: path) }
    guard version < schemaVersion else { return queue }
    let copy = try DatabaseQueue()
    try queue.backup(to: copy)
    try copy.write { try $0.execute(sql: upgrade(from: version)) }
    return copy
  }

  /// - Parameter version: nil for a new file, which gets the schema; an older one is upgraded.
  private static func writable(_ queue: DatabaseQueue, version: Int?) throws -> DatabaseQueue {
    try queue.writeWithoutTransaction { database in
      if let fault = try fault(of: database) {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: fault)
      }
      // Readers never wait for the writer, nor the writer for readers.
      try database.execute(sql: "PRAGMA journal_mode = WAL")
      // A commit says that a shard or checkpoint is whole, and older files may then be deleted; so it must not be
      // lost with the power, as a commit to the log can be at level NORMAL.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      if version != schemaVersion {
        try database.inTransaction {
          try database.execute(sql: version.map { upgrade(from: $0) } ?? catalogSchema)
          return .commit
        }
      }
    }
    return queue
  }

  /// What stands behind the number of `version`, from 1, in the list of upgrades.
  private static func upgrade(from version: Int) -> String {
    let former = schemaVersions(in: catalogUpgrades).first { $0.version == version }
    return String(catalogUpgrades[(former?.end ?? catalogUpgrades.startIndex)...])
  }

  /// The schema versions that a script sets, and where the statements that set them end.
  private static func schemaVersions(in script: String) -> [(version: Int, end: String.Index)] {
    script.split(separator: "\n").compactMap { line in
      guard line.hasPrefix(versionStatement) else { return nil }
      return Int(line.dropFirst(versionStatement.count).prefix { $0.isNumber }).map { ($0, line.endIndex) }
    }
  }

  /// SQLite would wait for ever to open a named pipe; of all else it says what it is.
  private static func isPipe(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// Moves what the write-ahead log holds into the database file, which then is complete by itself, and closes it.
  /// A catalog that is dropped without it loses nothing: the next one to open the file finds the log beside it.
  package func close() throws(CatalogError) {
    do {
      try queue.close()
    } catch {
      throw CatalogError(error, path: path, operation: "close the catalog")
    }
  }

  /// What SQLite finds wrong with the tables that decide what stages do, in their pages and by the rules of the schema; nil
  /// where they are sound. So no number in them is too large to be added, and no file outside the workspace. A check takes 10 ms a
  /// megabyte, so those tables are left out that grow with the samples and steps: their pages are checked whenever they
  /// are read or written, and what `sample` says is in the shards too.
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

  /// The schema version; nil of an empty database: just made, or left by a crash between its making and the schema.
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

  /// Runs `body` in one transaction that is durable when this returns, and undone if `body` throws.
  func write<Value>(_ operation: String, _ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      return try queue.write(body)
    } catch {
      throw CatalogError(error, path: path, operation: operation)
    }
  }

  /// Like `write`, but foreign keys are not enforced, which would make the insertion of a sample half as long again: `body`
  /// adds rows only after those they refer to, and removes none that others refer to.
  func writeWithoutForeignKeys(_ operation: String, _ body: (Database) throws -> Void) throws(CatalogError) {
    do {
      try queue.writeWithoutTransaction { database in
        // SQLite would ignore this within a transaction.
        try database.execute(sql: "PRAGMA foreign_keys = OFF")
        let outcome = Result {
          try database.inTransaction {
            try body(database)
            return .commit
          }
        }
        try database.execute(sql: "PRAGMA foreign_keys = ON")
        try outcome.get()
      }
    } catch {
      throw CatalogError(error, path: path, operation: operation)
    }
  }

  /// Runs `body` on one state of the catalog.
  func read<Value>(_ operation: String, _ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      return try queue.read(body)
    } catch {
      throw CatalogError(error, path: path, operation: operation)
    }
  }
}
