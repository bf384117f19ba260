import Foundation

/// An operation of the operating system on a file that failed.
package struct FileError: Error, Equatable, CustomStringConvertible {
  package enum Operation: String, Sendable {
    case open, read, write, sync, rename, remove, list, stat, lock, map
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

  package var description: String { "cannot \(operation.rawValue) \(path): \(String(cString: strerror(code)))" }
}
