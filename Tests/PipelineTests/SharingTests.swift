import Files
import Foundation
import Testing
import crashtest

/// Several programs at one workspace.
@Suite struct SharingTests {
  @Test func theSecondWriterEndsAtOnceAndNamesTheFirst() throws {
    let folder = try Folder()
    let lock = try LockFile(folder.path + "/lock")
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    for command in ["run", "build", "train", "eval"] {
      let outcome = try Program.run(command, spec, "--workspace", folder.path)
      #expect(outcome.exitCode == 75)
      #expect(outcome.errors.contains("held by process \(getpid())"), "\(outcome.errors)")
    }
    _ = consume lock
  }

  /// A `sqlite3` shell that never ends its transaction sees one state, and the pipeline runs to its end beside it.
  @Test func anOpenReadTransactionDisturbsNothing() throws {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    let spec = try folder.write(tinySpec(train: 160), as: "spec.yaml")
    #expect(try Program.run("build", spec, "--workspace", workspace).exitCode == 0)
    let reader = try SQLiteSession(workspace + "/catalog.sqlite")
    #expect(try reader.ask("BEGIN; SELECT count(*) FROM sample;") == "220")
    let grown = try folder.write(tinySpec(train: 320), as: "grown.yaml")
    let outcome = try Program.run("run", grown, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try reader.ask("SELECT count(*) FROM sample;") == "220")
    #expect(try reader.ask("END; SELECT count(*) FROM sample;") == "380")
  }

  /// Readers come and go while the pipeline runs, and see whole shards only.
  @Test func readersSeeWholeShards() throws {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    let spec = try folder.write(tinySpec(train: 2000), as: "spec.yaml")
    let catalog = workspace + "/catalog.sqlite"
    let outcome = try Program.run(
      whileRunning: {
        guard FileManager.default.fileExists(atPath: catalog),
          try sqlite(catalog, "SELECT count(*) FROM sqlite_schema WHERE name = 'sample'") == "1\n"
        else { return }
        let counts = "(SELECT count(*) FROM sample), (SELECT coalesce(sum(records), 0) FROM shard)"
        let answer = try sqlite(catalog, "SELECT \(counts)").dropLast().split(separator: "|")
        #expect(answer.count == 2 && answer.first == answer.last)
        #expect(try Program.run("status", spec, "--workspace", workspace).exitCode == 0)
      }, "build", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
  }
}

/// A `sqlite3` shell that stays open.
private final class SQLiteSession {
  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())

  init(_ database: String) throws {
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["sqlite3", "-bail", database]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The answer to statements whose answer is one line.
  func ask(_ statements: String) throws -> String {
    try input.fileHandleForWriting.write(contentsOf: Data((statements + "\n").utf8))
    var answer = Data()
    while answer.last != UInt8(ascii: "\n") {
      let part = output.fileHandleForReading.availableData
      if part.isEmpty { break }
      answer += part
    }
    return String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
