import Files
import Foundation
import Testing

@Suite struct LockFileTests {
  @Test func oneHolderAtATime() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "lock")
    do {
      let lock = try LockFile(path)
      let error = failure { () throws(FileError) in _ = try LockFile(path) }
      #expect(error == FileError(.lock, path: path, code: EWOULDBLOCK))
      // The holder lives until here.
      _ = consume lock
    }
    _ = try LockFile(path)
  }

  @Test func aPlaceThatCannotBeWrittenIsAnError() {
    let error = failure { () throws(FileError) in _ = try LockFile("/nowhere/lock") }
    #expect(error == FileError(.open, path: "/nowhere/lock", code: ENOENT))
  }
}
