import Foundation

/// A file operation that failed.
package struct FileError: Error, Equatable, CustomStringConvertible {
  package enum Operation: String, Sendable {
    case open, create, read, write, sync, rename, remove, list, stat, lock, map
    case createDirectory = "create directory"
    case syncDirectory = "sync directory"
  }

  package let operation: Operation
  package let path: String
  /// The operating system's error number (`errno`).
  package let code: Int32

  package init(_ operation: Operation, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// `path` is neither a file nor a directory, but a device, a pipe or a link.
  package static func notAFile(_ operation: Operation, path: String) -> FileError {
    FileError(operation, path: path, code: EINVAL)
  }

  package var description: String {
    let reason =
      (operation == .open || operation == .create) && code == EINVAL
      ? "it is not a regular file" : String(cString: strerror(code))
    return "cannot \(operation.rawValue) \(path): \(reason)"
  }
}
