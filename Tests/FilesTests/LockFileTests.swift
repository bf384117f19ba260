import Files
import Foundation
import Testing

@Suite struct LockFileTests {
  @Test func oneHolderAtATime() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "lock")
    do {
      let lock = try LockFile(path)
      #expect(throws: LockError.held(path: path, holder: getpid())) { _ = try LockFile(path) }
      // The holder lives until here.
      _ = consume lock
    }
    _ = try LockFile(path)
  }

  /// The number in the file is no more than a hint: a holder that is gone is not named, nor is nonsense.
  @Test(arguments: ["", "\n", "x", "-1\n", "99999999999999999999", "4194305\n"])
  func aHolderThatIsNotThereIsNotNamed(content: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "lock")
    let lock = try LockFile(path)
    try Data(content.utf8).write(to: URL(filePath: path))
    #expect(throws: LockError.held(path: path, holder: nil)) { _ = try LockFile(path) }
    _ = consume lock
  }

  @Test func whatALinkPointsAtIsLeftAlone() throws {
    let directory = try TemporaryDirectory()
    try writeDurably([1, 2, 3], to: directory.path(of: "precious"))
    for name in ["lock", "file" + DurableFile.temporarySuffix] {
      #expect(symlink("precious", directory.path(of: name)) == 0)
    }
    #expect(throws: LockError.self) { _ = try LockFile(directory.path(of: "lock")) }
    #expect(throws: FileError.self) { try writeDurably([4], to: directory.path(of: "file")) }
    #expect(try directory.bytes(of: "precious") == [1, 2, 3])
  }

  @Test func aPlaceThatCannotBeWrittenIsAnError() {
    #expect(throws: LockError.file(FileError(.create, path: "/nowhere/lock", code: ENOENT))) {
      _ = try LockFile("/nowhere/lock")
    }
  }
}
