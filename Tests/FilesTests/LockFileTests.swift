import Files
import Foundation
import Testing

@Suite struct LockFileTests {
  @Test func oneHolderAtATime() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "lock")
    do {
      let lock = try LockFile(path)
      #expect(throws: LockError.held(path: path, holder: .current)) { _ = try LockFile(path) }
      // The holder lives until here.
      _ = consume lock
    }
    _ = try LockFile(path)
  }

  /// The name in the file is no more than a hint: a holder that is gone is not named, nor is nonsense.
  @Test(arguments: ["", "\n", "x", "-1\n", "4194305\n", "1 2 3\n", "x 1 2 3\n", LockFileTests.ended.line])
  func aHolderThatIsNotThereIsNotNamed(content: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "lock")
    let lock = try LockFile(path)
    try Data(content.utf8).write(to: URL(filePath: path))
    #expect(throws: LockError.held(path: path, holder: nil)) { _ = try LockFile(path) }
    _ = consume lock
  }

  /// Numbers of processes are given again: an earlier one of this process's number has ended.
  private static let ended = LockHolder(
    process: getpid(), startTicks: 1, boot: LockHolder.current.boot, namespace: LockHolder.current.namespace,
    host: LockHolder.current.host)

  @Test func holdersAreReadAsTheyAreWritten() {
    #expect(LockHolder(line: LockHolder.current.line) == .current)
    #expect(!LockHolder.current.hasEnded && LockHolder.current.isOfThisMachine && Self.ended.hasEnded)
    let elsewhere = LockHolder(
      process: 1, startTicks: 1, boot: LockHolder.current.boot, namespace: "pid:[1]", host: "elsewhere")
    #expect(!elsewhere.hasEnded && !elsewhere.isOfThisMachine && elsewhere.sharesMemory)
  }

  /// What a command left where there are no kernel locks counts here too: for this process, `flock` may work by now.
  @Test func aFileThatIsALockIsRespected() throws {
    let directory = try TemporaryDirectory()
    let (path, holderPath) = (directory.path(of: "lock"), directory.path(of: "lock.holder"))
    let elsewhere = LockHolder(process: 7, startTicks: 1, boot: "1", namespace: "pid:[1]", host: "elsewhere")
    for (content, expected) in [
      (LockHolder.current.line, LockError.held(path: holderPath, holder: .current)),
      (elsewhere.line, .left(path: holderPath, holder: elsewhere)), ("", .left(path: holderPath, holder: nil)),
    ] {
      try writeDurably(Array(content.utf8), to: holderPath)
      #expect(throws: expected) { _ = try LockFile(path) }
      #expect(try directory.bytes(of: "lock").isEmpty)
    }
    #expect(LockError.left(path: holderPath, holder: elsewhere).description.contains("process 7 on elsewhere"))
    try writeDurably(Array(Self.ended.line.utf8), to: holderPath)
    try writeDurably([], to: holderPath + ".takeover")
    #expect(throws: LockError.left(path: holderPath + ".takeover", holder: nil)) { _ = try LockFile(path) }
    #expect(unlink(holderPath + ".takeover") == 0)
    let lock = try LockFile(path)
    #expect(FileStatus(holderPath) == nil)
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
