import Foundation
import GRDB
import Schemas

/// The SQLite file of a workspace: the index of its samples, the state of its stages, and every result. Its tables and
/// views are described in `Schemas/catalog.sql`.
///
/// One process writes, which the workspace lock ensures; any number of others may read at the same time, where the file
/// system lets them (`CatalogOpening.swift`). Each recording method is one transaction, which is on stable storage when
/// the method returns.
package final class Catalog: Sendable {
  package enum Access: Sendable {
    /// The catalog must exist.
    case read
    /// As `read`, from a copy of the files, for where `read` throws `notReadableInPlace`. The caller holds the workspace
    /// lock until the catalog is open, since no file may change meanwhile.
    case readCopy
    /// The catalog is created if it does not exist. The caller holds the workspace lock as long as it is open.
    case write
  }

  /// The application id in SQLite's file header, 'GLPH', which tells a catalog from other databases.
  package static let applicationID = 0x474C_5048
  /// The `user_version` in SQLite's file header, as `Schemas/catalog.sql` sets it.
  package static let schemaVersion = schemaVersions(in: catalogSchema).last?.version ?? 0

  package let path: String
  private let queue: DatabaseQueue

  /// - Throws: `notADatabase`, `notACatalog`, `newerVersion`, `notReadableInPlace`, or `failed` where the file cannot be
  ///   opened or created.
  package init(_ path: String, for access: Access) throws(CatalogError) {
    self.path = path
    guard !Self.isPipe(path) else { throw .notADatabase(path: path) }
    do {
      queue =
        switch access {
        case .read: try Self.opened(path)
        case .readCopy: try Self.copied(path)
        case .write: try Self.writable(path)
        }
    } catch {
      throw CatalogError(error, path: path, operation: "open the catalog")
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
