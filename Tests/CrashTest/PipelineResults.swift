import Foundation

/// The results of a pipeline that must not depend on interruptions: all files of its workspace but the report, and all
/// tables of the catalog but those with times. The report has times, too.
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
      "prediction", "confusion",
    ].map { "SELECT '-- \($0)'; SELECT * FROM \($0);" }
    tables = try sqlite(workspace + "/catalog.sqlite", queries.joined(separator: " "))
  }

  /// The files that differ from those of `other`; "catalog.sqlite" if a table differs.
  package func differences(from other: PipelineResults) -> [String] {
    let names = Set(files.keys).union(other.files.keys).sorted()
    return names.filter { files[$0] != other.files[$0] } + (tables == other.tables ? [] : ["catalog.sqlite"])
  }
}

/// The bare `sqlite3` shell failed.
package struct SQLiteShellError: Error {
  package let query: String
}

/// The output of the `sqlite3` shell. It waits while a program creates or closes the database, the only times at which
/// readers are locked out.
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
