import Foundation
import Testing

/// The `sqlite3` program: what people query the catalog with.
enum SQLiteShell {
  /// Whether the program is there.
  static let isAvailable = (try? run(["-version"])) != nil

  /// What the shell prints for `sql`, a string a line, columns parted by `|`.
  static func rows(_ sql: String, in path: String) throws -> [String] {
    let output = try run(["-batch", "-bail", "-init", "/dev/null", "-readonly", path, sql])
    return output.split(separator: "\n").map(String.init)
  }

  /// Runs SQL that changes the database, or makes it.
  static func execute(_ sql: String, in path: String) throws {
    _ = try run(["-batch", "-bail", "-init", "/dev/null", path, sql])
  }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sqlite3"] + arguments
    let output = Pipe()
    let messages = Pipe()
    process.standardOutput = output
    process.standardError = messages
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let message = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ShellFailure(message: message) }
    return text
  }
}

struct ShellFailure: Error { let message: String }

extension Trait where Self == ConditionTrait {
  static var needsSQLiteShell: Self {
    .enabled(if: SQLiteShell.isAvailable, "the program sqlite3 is not installed (Debian: apt-get install sqlite3)")
  }
}
