import Files
import Foundation
import Testing

@Suite struct ReadableFileTests {
  @Test func anyPartIsRead() throws {
    let directory = try TemporaryDirectory()
    try writeDurably(Array(0..<100), to: directory.path(of: "a"))
    let file = try ReadableFile(directory.path(of: "a"))
    #expect(file.byteCount == 100)
    #expect(try file.read(at: 0, count: 3) == [0, 1, 2])
    #expect(try file.read(at: 97, count: 3) == [97, 98, 99])
    #expect(try file.read(at: 50, count: 0) == [])
    #expect(try ReadableFile.contents(of: directory.path(of: "a")) == Array(0..<100))
  }

  @Test func theEndOfTheFileEndsTheRead() throws {
    let directory = try TemporaryDirectory()
    try writeDurably(Array(0..<100), to: directory.path(of: "a"))
    let file = try ReadableFile(directory.path(of: "a"))
    #expect(try file.read(at: 98, count: 10) == [98, 99])
    #expect(try file.read(at: 100, count: 10) == [])
    #expect(try file.read(at: .max, count: .max) == [])
    var buffer = [UInt8](repeating: 0, count: 4)
    let count = try buffer.withUnsafeMutableBytes { try file.read(at: 97, into: $0) }
    #expect(count == 3)
    #expect(buffer == [97, 98, 99, 0])
  }

  @Test func aFileThatShrankGivesWhatIsLeft() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "a")
    try writeDurably(Array(0..<100), to: path)
    let file = try ReadableFile(path)
    #expect(truncate(path, 10) == 0)
    #expect(try file.read(at: 8, count: 10) == [8, 9])
  }

  @Test func anEmptyFileIsEmpty() throws {
    let directory = try TemporaryDirectory()
    try writeDurably([], to: directory.path(of: "a"))
    #expect(try ReadableFile.contents(of: directory.path(of: "a")) == [])
  }

  @Test func whatIsNoFileIsRefused() throws {
    let directory = try TemporaryDirectory()
    #expect(mkfifo(directory.path(of: "pipe"), 0o600) == 0)
    for (path, code) in [
      (directory.path(of: "missing"), ENOENT), (directory.path, EISDIR), (directory.path(of: "pipe"), EINVAL),
      ("/dev/zero", EINVAL),
    ] {
      let error = failure { () throws(FileError) in _ = try ReadableFile(path) }
      #expect(error == FileError(.open, path: path, code: code))
    }
  }
}
