import Faults
import Files
import Foundation
import Testing

@Suite struct DurableFileTests {
  @Test func aFinishedFileStandsUnderItsName() throws {
    let directory = try TemporaryDirectory()
    var file = try DurableFile(directory.path(of: "a"))
    try file.write([1, 2, 3])
    #expect(try directory.names() == ["a" + DurableFile.temporarySuffix])
    try file.write([])
    try [4, 5].withUnsafeBytes { try file.write($0) }
    #expect(file.byteCount == 3 + 2 * MemoryLayout<Int>.size)
    try file.finish()
    #expect(try directory.names() == ["a"])
    #expect(try directory.bytes(of: "a").prefix(4) == [1, 2, 3, 4])
  }

  @Test func aDroppedFileLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    do {
      var file = try DurableFile(directory.path(of: "a"))
      try file.write([1, 2, 3])
    }
    #expect(try directory.names() == [])
  }

  /// Whichever operation fails, the name shows the old content or the new, whole, and no temporary file stays. The
  /// operations stand in the order that durability needs.
  @Test(arguments: [nil, [9]] as [[UInt8]?])
  func aFailureAnywhereLeavesOldOrNew(old: [UInt8]?) throws {
    let new: [UInt8] = [1, 2, 3, 4]
    for (place, operation) in Self.operations.enumerated() {
      let directory = try TemporaryDirectory()
      if let old { try writeDurably(old, to: directory.path(of: "a")) }
      let disk = FaultyDisk(failingWith: EIO, atOperation: place + 1)
      let error = failure { () throws(FileError) in
        try writeDurably(new, to: directory.path(of: "a"), in: FaultyFileSystem(on: disk))
      }
      #expect(error?.operation == operation)
      #expect(error?.code == EIO)
      let content = operation == .syncDirectory ? new : old
      #expect(try directory.names() == (content == nil ? [] : ["a"]), "\(operation)")
      if let content { #expect(try directory.bytes(of: "a") == content, "\(operation)") }
    }
    let directory = try TemporaryDirectory()
    let disk = FaultyDisk()
    try writeDurably(new, to: directory.path(of: "a"), in: FaultyFileSystem(on: disk))
    #expect(disk.history.operationCount == Self.operations.count)
  }

  private static let operations: [FileError.Operation] = [.create, .write, .sync, .rename, .syncDirectory]

  @Test func aBareNameStandsInTheCurrentDirectory() throws {
    let name = "FilesTests-\(UUID())"
    defer { unlink(name) }
    try writeDurably([7], to: name)
    #expect(try ReadableFile.contents(of: name) == [7])
  }

  @Test func aMissingDirectoryIsAnErrorWithItsPath() {
    let error = failure { () throws(FileError) in _ = try DurableFile("/nowhere/a") }
    #expect(error == FileError(.create, path: "/nowhere/a" + DurableFile.temporarySuffix, code: ENOENT))
    #expect(error?.description == "cannot create /nowhere/a.partial: No such file or directory")
  }
}

@Suite struct DirectoryTests {
  @Test func directoriesAreCreatedWithTheirParents() throws {
    let directory = try TemporaryDirectory()
    let fileSystem = SystemFileSystem()
    try fileSystem.createDirectory(directory.path(of: "a/b/c"))
    try fileSystem.createDirectory(directory.path(of: "a/b/c/"))
    try fileSystem.syncDirectory(directory.path(of: "a/b/c"))
  }

  @Test func aFileInTheWayIsAnError() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "a")
    try writeDurably([], to: path)
    let error = failure { () throws(FileError) in try SystemFileSystem().createDirectory(path) }
    #expect(error == FileError(.createDirectory, path: path, code: ENOTDIR))
  }
}

/// What `body` throws, nil where it does not.
func failure(of body: () throws(FileError) -> Void) -> FileError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}
