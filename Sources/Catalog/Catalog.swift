import Foundation
import GRDB
import Schemas

/// The SQLite file of a workspace: the index of its samples, the state of its stages, and every result. Its tables and
/// views are described in `Schemas/catalog.sql`.
///
/// One process writes, which the workspace lock ensures; any number of others may read at the same time. Each recording
/// method is one transaction, which is on stable storage when the method returns.
package final class Catalog: Sendable {
  package enum Access: Sendable {
    /// The catalog must exist.
    case read
    /// The catalog is created if it does not exist.
    case write
  }

  /// The application id in SQLite's file header, 'GLPH', which tells a catalog from other databases.
  package static let applicationID = 0x474C_5048
  /// The `user_version` in SQLite's file header, as `Schemas/catalog.sql` sets it.
  package static let schemaVersion = schemaVersions(in: catalogSchema).last?.version ?? 0
  /// How long a statement waits for another program's lock. Only a writing `sqlite3` shell can hold one that long.
  private static let busyTimeoutSeconds = 10.0

  package let path: String
  private let queue: DatabaseQueue

  /// - Throws: `notADatabase`, `notACatalog`, `newerVersion`, or `failed` where the file cannot be opened or created.
  package init(_ path: String, for access: Access) throws(CatalogError) {
    self.path = path
    guard !Self.isPipe(path) else { throw .notADatabase(path: path) }
    do {
      var configuration = Configuration()
      configuration.readonly = access == .read
      configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      // Checked before anything is written, since the file may belong to another program.
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

  /// The catalog in this program's schema version. A reader changes no file, so an older catalog is copied into memory
  /// and upgraded there.
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
      // After the commit of a shard or checkpoint, older files may be deleted, so a loss of power must not undo it. At
      // level NORMAL, it could.
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

  /// The statements of `upgrades.sql` after the line that sets `version`; all of them for version 1.
  private static func upgrade(from version: Int) -> String {
    let former = schemaVersions(in: catalogUpgrades).first { $0.version == version }
    return String(catalogUpgrades[(former?.end ?? catalogUpgrades.startIndex)...])
  }

  /// The schema versions that a script sets, each with the end of the line that sets it.
  private static func schemaVersions(in script: String) -> [(version: Int, end: String.Index)] {
    script.split(separator: "\n").compactMap { line in
      guard line.hasPrefix(versionStatement) else { return nil }
      return Int(line.dropFirst(versionStatement.count).prefix { $0.isNumber }).map { ($0, line.endIndex) }
    }
  }

  /// Whether the file is a named pipe, on which SQLite would wait for ever. Other unsuitable files it refuses itself.
  private static func isPipe(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// Moves the write-ahead log into the database file, so that this one file is complete, and closes it. Without a
  /// close nothing is lost, since the next connection reads the log.
  package func close() throws(CatalogError) {
    do {
      try queue.close()
    } catch {
      throw CatalogError(error, path: path, operation: "close the catalog")
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

  /// Runs `body` in one transaction, which is durable when this returns and is rolled back if `body` throws.
  func write<Value>(_ operation: String, _ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      return try queue.write(body)
    } catch {
      throw CatalogError(error, path: path, operation: operation)
    }
  }

  /// Like `write`, but without enforcing foreign keys, which would make inserting a sample take half as long again.
  /// `body` must add rows only after those they refer to, and remove none that others refer to.
  func writeWithoutForeignKeys(_ operation: String, _ body: (Database) throws -> Void) throws(CatalogError) {
    do {
      try queue.writeWithoutTransaction { database in
        // SQLite ignores this within a transaction.
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

  /// Runs `body` on a consistent snapshot of the catalog.
  func read<Value>(_ operation: String, _ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      return try queue.read(body)
    } catch {
      throw CatalogError(error, path: path, operation: operation)
    }
  }
}
