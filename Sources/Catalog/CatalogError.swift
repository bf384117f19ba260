import Files
import GRDB

/// Why the catalog could not be opened, read or written.
package enum CatalogError: Error, Equatable, CustomStringConvertible {
  /// The file is not an SQLite database.
  case notADatabase(path: String)
  /// The file is an SQLite database, but not a catalog.
  case notACatalog(path: String)
  /// The file is an empty SQLite database: the creation of a catalog was interrupted.
  case empty(path: String)
  /// The file cannot be read without changing it: `Catalog.Access.readCopy` reads a copy.
  case notReadableInPlace(path: String)
  /// A command writes, and the file system does not let processes share the file.
  case notReadableNow(path: String, LockError)
  /// The file could not be copied.
  case file(FileError)
  /// The catalog was made by a newer version of the program.
  case newerVersion(path: String, found: Int, supported: Int)
  /// A different shard is recorded under this number.
  case shardExists(path: String, split: String, number: Int)
  /// SQL's functions count Unicode scalars and end a text at U+0000, so labels with this could not be queried.
  case unsupportedCharacter(Character)
  /// SQLite failed.
  case failed(CatalogFailure)

  package var description: String {
    switch self {
    case .notADatabase(let path):
      "\(path) is not an SQLite database; move it away, then `glyphline reindex` rebuilds the index from the shards"
    case .notACatalog(let path):
      "\(path) is a database, but not a Glyphline catalog; move it away or choose another workspace"
    case .empty(let path):
      "\(path) is empty; `glyphline build` fills it"
    case .notReadableInPlace(let path):
      "\(path) can be read only from a copy"
    case .notReadableNow(let path, let error):
      "\(path) cannot be read while a command writes it, since this network file system does not let processes share it; "
        + "\(error)"
    case .file(let error):
      error.description
    case .newerVersion(let path, let found, let supported):
      "\(path) has schema version \(found), newer than \(supported); use a newer Glyphline or another workspace"
    case .shardExists(let path, let split, let number):
      "\(path) already lists a different shard \(number) of split \(split); `glyphline reindex` rebuilds the index"
    case .unsupportedCharacter(let character):
      "the character '\(character)' is not a single Unicode scalar above U+0000; remove it from captcha.charset"
    case .failed(let failure):
      failure.description
    }
  }
}

/// An operation on the catalog that failed in SQLite.
package struct CatalogFailure: Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Sendable {
    case cannotOpen, readOnly, full, busy, inputOutput, corrupt
    /// The file system failed to give a lock or shared memory.
    case sharing
    /// A row violates a constraint of the schema.
    case constraint
    case other
  }

  package let path: String
  /// The operation, such as "record a shard".
  package let operation: String
  /// SQLite's extended result code (https://www.sqlite.org/rescode.html); its low byte is the primary code.
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
    if Self.sharingCodes.contains(ResultCode(rawValue: code)) { return .sharing }
    return switch ResultCode(rawValue: code).primaryResultCode {
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

  private static let sharingCodes: [ResultCode] = [
    .SQLITE_PROTOCOL, .SQLITE_IOERR_LOCK, .SQLITE_IOERR_RDLOCK, .SQLITE_IOERR_UNLOCK, .SQLITE_IOERR_CHECKRESERVEDLOCK,
    .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMLOCK, .SQLITE_IOERR_SHMMAP,
  ]

  package var description: String {
    let advice =
      switch reason {
      case .cannotOpen: "check that its folder exists and is writable"
      case .readOnly: "make the file and its folder writable"
      case .full: "free space on the disk and run the command again"
      case .busy: "another program is using it; run the command again when that program has ended"
      case .inputOutput: "the storage failed; repair it, then run the command again"
      case .sharing:
        "the file system may lack locks and shared memory; choose a workspace on a local disk with --workspace"
      case .corrupt: "the file is damaged; move it away, then `glyphline reindex` rebuilds the index from the shards"
      case .constraint, .other:
        "unless the file was changed by hand, this is a bug; `glyphline reindex` rebuilds the index"
      }
    return "cannot \(operation) in \(path): \(message) (SQLite \(code)); \(advice)"
  }
}

extension CatalogError {
  /// Converts an error that GRDB threw.
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
      // GRDB throws one other kind of error, for a stored value of the wrong type.
      self = .failed(
        CatalogFailure(
          path: path, operation: operation, code: ResultCode.SQLITE_CORRUPT.rawValue, message: String(describing: error)
        ))
    }
  }
}

extension CatalogError: ReportedError {
  package var exitStatus: ExitStatus {
    switch self {
    case .failed(let failure): failure.exitStatus
    case .file(let error): error.exitStatus
    case .notReadableInPlace: .inputOutput
    case .notReadableNow(_, let error): error.exitStatus
    default: .badData
    }
  }
}

extension CatalogFailure {
  fileprivate var exitStatus: ExitStatus {
    switch reason {
    case .cannotOpen, .readOnly: .cannotCreate
    case .busy: .busy
    case .full, .inputOutput, .sharing: .inputOutput
    case .corrupt, .constraint, .other: .badData
    }
  }
}
