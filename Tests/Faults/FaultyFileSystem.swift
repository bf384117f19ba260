import Files
import Foundation

/// The system's file system on a failing disk. A failing write has written half; any other failing operation has no
/// effect.
package struct FaultyFileSystem: FileSystem {
  private let disk: FaultyDisk
  private let system = SystemFileSystem()

  package init(on disk: FaultyDisk) { self.disk = disk }

  private func check(_ operation: FileError.Operation, _ path: String) throws(FileError) {
    if let code = disk.failure(of: operation.rawValue, path: path) {
      throw FileError(operation, path: path, code: code)
    }
  }

  package func create(_ path: String) throws(FileError) -> Int32 {
    try check(.create, path)
    let descriptor = try system.create(path)
    disk.note { $0.create(path, descriptor: descriptor) }
    return descriptor
  }

  package func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(FileError) {
    let half = Array(bytes[..<(bytes.count / 2)])
    let failure = disk.failure(of: FileError.Operation.write.rawValue, path: path) {
      $0.write(half, to: descriptor)
    }
    guard let failure else { return try append(bytes, to: descriptor, path: path) }
    try append(UnsafeRawBufferPointer(rebasing: bytes[..<half.count]), to: descriptor, path: path)
    throw FileError(.write, path: path, code: failure)
  }

  private func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(FileError) {
    try system.write(bytes, to: descriptor, path: path)
    let copy = Array(bytes)
    disk.note { $0.write(copy, to: descriptor) }
  }

  package func sync(_ descriptor: Int32, path: String) throws(FileError) {
    try check(.sync, path)
    // The real disk is not synced, which would only take time.
    disk.note { $0.sync(descriptor) }
  }

  package func close(_ descriptor: Int32) {
    // Recorded first, since another file may get the descriptor once it is closed.
    disk.note { $0.close(descriptor) }
    system.close(descriptor)
  }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    try check(.rename, newPath)
    try system.rename(path, to: newPath)
    disk.note { $0.rename(path, to: newPath) }
  }

  package func syncDirectory(_ path: String) throws(FileError) {
    try check(.syncDirectory, path)
    disk.note { $0.syncDirectory(path) }
  }

  package func remove(_ path: String) throws(FileError) {
    try check(.remove, path)
    try system.remove(path)
    disk.note { $0.remove(path) }
  }

  package func createDirectory(_ path: String) throws(FileError) {
    try check(.createDirectory, path)
    try system.createDirectory(path)
  }
}
