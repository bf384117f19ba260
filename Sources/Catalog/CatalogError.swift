import Files
import GRDB

/// Why the catalog could not be opened, read or written.
package enum CatalogError: Error, Equatable, CustomStringConvertible {
  /// The file is not an SQLite database.
  case notADatabase(path: String)
  /// The file is an SQLite database, but no program made a catalog of it.
  case notACatalog(path: String)
  /// The file is an SQLite database without content: a catalog whose making was interrupted.
  case empty(path: String)
  /// The catalog was made by a newer program.
  case newerVersion(path: String, found: Int, supported: Int)
  /// Another shard is recorded under this number.
  case shardExists(path: String, split: String, number: Int)
  /// SQL's functions count Unicode scalars, and end a text at a null, so neither this character nor any label with it
  /// could be queried.
  case unsupportedCharacter(Character)
  /// SQLite failed.
  case failed(CatalogFailure)

  package var description: String {
    switch self {
    case .notADatabase(let path):
      "\(path) is not an SQLite database; move it away, then `glyphline reindex` makes the index again from the shards"
    case .notACatalog(let path):
      "\(path) is a database, but not a Glyphline catalog; move it away or choose another workspace"
    case .empty(let path):
      "\(path) is empty; `glyphline build` fills it"
    case .newerVersion(let path, let found, let supported):
      "\(path) has schema version \(found), this program knows \(supported); use a newer Glyphline or another workspace"
    case .shardExists(let path, let split, let number):
      "\(path) already lists a different shard \(number) of split \(split); rebuild the split"
    case .unsupportedCharacter(let character):
      "the character '\(character)' is not a single Unicode scalar above U+0000, so it cannot be in a catalog"
    case .failed(let failure):
      failure.description
    }
  }
}

/// An operation on the catalog that SQLite refused.
package struct CatalogFailure: Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Sendable {
    case cannotOpen, readOnly, full, busy, inputOutput, corrupt
    /// A row breaks a rule of the schema.
    case constraint
    case other
  }

  package let path: String
  /// What was being done, as in "record a shard".
  package let operation: String
  /// SQLite's extended result code (https://www.sqlite.org/rescode.html); its low byte is the primary one.
  package let code: Int32
  /// SQLite's message.
  package let message: String

  package init(path: String, operation: String, code: Int32, message: String) {
    self.path = path
    self.operation = operation
    self.code = code
    self.message = message
  }

  package var reason: Reason {
    switch ResultCode(rawValue: code).primaryResultCode {
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: .cannotOpen
    case .SQLITE_READONLY: .readOnly
    case .SQLITE_FULL: .full
    case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
    case .SQLITE_IOERR: .inputOutput
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
    case .SQLITE_CONSTRAINT: .constraint
    default: .other
    }
  }

  package var description: String {
    let advice =
      switch reason {
      case .cannotOpen: "check that its folder exists and may be written"
      case .readOnly: "allow writing to the file and its folder"
      case .full: "make room on the disk and run the command again"
      case .busy: "another program is writing to it; run the command again when that one is done"
      case .inputOutput: "the storage failed; run the command again once it is healthy"
      case .corrupt: "the file is damaged; move it away, then `glyphline reindex` makes the index again from the shards"
      case .constraint, .other:
        "where nobody changed the file by hand, this is a fault of the program; `glyphline reindex` makes the index again"
      }
    return "cannot \(operation) in \(path): \(message) (SQLite \(code)); \(advice)"
  }
}

extension CatalogError {
  /// The typed form of what GRDB threw.
  init(_ error: any Error, path: String, operation: String) {
    switch error {
    case let error as CatalogError:
      self = error
    case let error as DatabaseError where error.resultCode == .SQLITE_NOTADB:
      self = .notADatabase(path: path)
    case let error as DatabaseError:
      self = .failed(
        CatalogFailure(
          path: path, operation: operation, code: error.extendedResultCode.rawValue,
          message: error.message ?? error.resultCode.description))
    default:
      // GRDB throws one other kind of error: a stored value that has the wrong type.
      self = .failed(
        CatalogFailure(
          path: path, operation: operation, code: ResultCode.SQLITE_CORRUPT.rawValue, message: String(describing: error)
        ))
    }
  }
}

extension CatalogError: ReportedError {
  package var exitStatus: ExitStatus {
    guard case .failed(let failure) = self else { return .badData }
    return switch failure.reason {
    case .cannotOpen, .readOnly: .cannotCreate
    case .busy: .busy
    case .full, .inputOutput: .inputOutput
    case .corrupt, .constraint, .other: .badData
    }
  }
}
