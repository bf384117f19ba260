import Files
import Foundation
import Testing

@Suite struct LockFileTests {
  @Test func oneHolderAtATime() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "lock")
    do {
      let lock = try LockFile(path)
      #expect(throws: LockError.held(path: path)) { _ = try LockFile(path) }
      // The holder lives until here.
      _ = consume lock
    }
    _ = try LockFile(path)
  }

  @Test func aPlaceThatCannotBeWrittenIsAnError() {
    #expect(throws: LockError.file(FileError(.create, path: "/nowhere/lock", code: ENOENT))) {
      _ = try LockFile("/nowhere/lock")
    }
  }
}
