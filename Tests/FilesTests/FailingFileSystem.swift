import Files
import Foundation
import Synchronization

/// The system's files, but one operation fails with `EIO`: a write after half of its bytes, a rename after nothing, a
/// sync after all. Closing cannot fail.
final class FailingFileSystem: FileSystem {
  private let system = SystemFileSystem()
  private let failingNumber: Int
  private let done = Mutex<[FileError.Operation]>([])

  /// - Parameter failingNumber: Which operation fails, from 1; 0 lets all succeed.
  init(failingAt failingNumber: Int) { self.failingNumber = failingNumber }

  /// The operations so far, the failed one included.
  var operations: [FileError.Operation] { done.withLock { $0 } }
  var hasFailed: Bool { failingNumber > 0 && operations.count >= failingNumber }

  private func isNextToFail(_ operation: FileError.Operation) -> Bool {
    done.withLock { done in
      done.append(operation)
      return done.count == failingNumber
    }
  }

  private func count(_ operation: FileError.Operation, path: String) throws(FileError) {
    if isNextToFail(operation) { throw FileError(operation, path: path, code: EIO) }
  }

  func create(_ path: String) throws(FileError) -> Int32 {
    try count(.create, path: path)
    return try system.create(path)
  }

  func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(FileError) {
    guard isNextToFail(.write) else { return try system.write(bytes, to: descriptor, path: path) }
    try system.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), to: descriptor, path: path)
    throw FileError(.write, path: path, code: EIO)
  }

  func sync(_ descriptor: Int32, path: String) throws(FileError) {
    try system.sync(descriptor, path: path)
    try count(.sync, path: path)
  }

  func close(_ descriptor: Int32) { system.close(descriptor) }

  func rename(_ path: String, to newPath: String) throws(FileError) {
    try count(.rename, path: newPath)
    try system.rename(path, to: newPath)
  }

  func syncDirectory(_ path: String) throws(FileError) {
    try system.syncDirectory(path)
    try count(.syncDirectory, path: path)
  }

  func remove(_ path: String) throws(FileError) {
    try count(.remove, path: path)
    try system.remove(path)
  }

  func createDirectory(_ path: String) throws(FileError) {
    try count(.createDirectory, path: path)
    try system.createDirectory(path)
  }
}
