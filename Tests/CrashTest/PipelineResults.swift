import Foundation

/// What must not depend on whether a pipeline was interrupted: every file of its workspace and every table of the catalog
/// but those that hold times, as the report does.
package struct PipelineResults: Equatable {
  package let files: [String: Data]
  package let tables: String

  package init(workspace: String) throws {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: workspace)
    where !name.hasPrefix("catalog.sqlite") && name != "lock" && name != "report.html" {
      files[name] = FileManager.default.contents(atPath: workspace + "/" + name)
    }
    self.files = files
    let queries = [
      "charset", "shard", "sample", "left_out", "stage", "metric", "validation", "checkpoint", "evaluation",
      "prediction",
      "confusion",
    ].map { "SELECT '-- \($0)'; SELECT * FROM \($0);" }
    tables = try sqlite(workspace + "/catalog.sqlite", queries.joined(separator: " "))
  }

  /// The files and tables that are not as in `other`.
  package func differences(from other: PipelineResults) -> [String] {
    let names = Set(files.keys).union(other.files.keys).sorted()
    return names.filter { files[$0] != other.files[$0] } + (tables == other.tables ? [] : ["catalog.sqlite"])
  }
}

/// The bare `sqlite3` shell failed.
package struct SQLiteShellError: Error {
  package let query: String
}

/// What the `sqlite3` shell answers. It waits a little where a program just makes or closes the database: only then is
/// anyone kept from reading.
package func sqlite(_ database: String, _ query: String) throws -> String {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["sqlite3", "-bail", "-cmd", ".timeout 10000", database, query]
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw SQLiteShellError(query: query) }
  return String(decoding: data, as: UTF8.self)
}
