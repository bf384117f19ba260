import Foundation
import GRDB

/// A command, as recorded when it starts.
package struct RunRow: Sendable, Equatable {
  /// How a command ended.
  package enum Outcome: String, Sendable { case done, failed, interrupted }

  /// The command as it was typed.
  package let command: String
  /// The program's version.
  package let version: String
  /// The processor's name.
  package let cpu: String
  package let threads: Int
  /// The network's precision; nil where no network runs.
  package let precision: String?

  package init(command: String, version: String, cpu: String, threads: Int, precision: String?) {
    self.command = command
    self.version = version
    self.cpu = cpu
    self.threads = threads
    self.precision = precision
  }
}

/// A row of the table `run`.
package struct RunRecord: CatalogRow {
  package let command: String
  package let startedAt: String
  package let finishedAt: String?
  package let outcome: String
  package let version: String
  package let cpu: String
  package let threads: Int
  package let precision: String?
}

extension Catalog {
  /// Records that a command starts. Runs without an outcome are marked as died, since there is only one writer.
  /// - Returns: The number of the run.
  package func startRun(_ run: RunRow, at time: Date) throws(CatalogError) -> Int {
    try write("record the start of a run") { database in
      try database.execute(sql: "UPDATE run SET outcome = 'died' WHERE outcome = 'running'")
      try database.execute(
        sql: """
          INSERT INTO run (command, started_at, outcome, version, cpu, threads, precision)
          VALUES (?, ?, 'running', ?, ?, ?, ?)
          """,
        arguments: [run.command, time.ISO8601Format(), run.version, run.cpu, run.threads, run.precision])
      return Int(database.lastInsertedRowID)
    }
  }

  /// Records how run `id` ended.
  package func finishRun(_ id: Int, _ outcome: RunRow.Outcome, at time: Date) throws(CatalogError) {
    try write("record the end of a run") { database in
      try database.execute(
        sql: "UPDATE run SET outcome = ?, finished_at = ? WHERE id = ?",
        arguments: [outcome.rawValue, time.ISO8601Format(), id])
    }
  }

  /// The last `count` commands that wrote to the workspace, newest last.
  package func runs(last count: Int) throws(CatalogError) -> [RunRecord] {
    try rows(
      "the runs", sql: "SELECT * FROM (SELECT * FROM run ORDER BY id DESC LIMIT ?) ORDER BY id", [count])
  }
}
