import GRDB

/// The state of a stage of the pipeline.
package struct StageRow: Sendable, Equatable, Decodable, FetchableRecord {
  package static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  package enum State: String, Sendable, Decodable {
    /// Begun; unfinished where no command is running.
    case running
    case done
  }

  /// Such as "build train", "train" or "evaluate test".
  package let name: String
  /// Of everything that the stage's result depends on.
  package let contentHash: String
  package let state: State
  /// What was hashed, as text.
  package let spec: String
  /// The hash of what the stage made; nil while it is unfinished, and where it made no one thing.
  package let result: String?

  package init(name: String, contentHash: String, state: State, spec: String, result: String?) {
    self.name = name
    self.contentHash = contentHash
    self.state = state
    self.spec = spec
    self.result = result
  }
}

extension Catalog {
  /// Records the state of a stage, in place of the one recorded under its name.
  package func recordStage(_ stage: StageRow) throws(CatalogError) {
    try write("record stage '\(stage.name)'") { database in try Self.insert(stage, in: database) }
  }

  /// The state of the stage, nil if it never began.
  package func stage(named name: String) throws(CatalogError) -> StageRow? {
    try read("read stage '\(name)'") { database in
      try StageRow.fetchOne(database, sql: "SELECT * FROM stage WHERE name = ?", arguments: [name])
    }
  }

  static func insert(_ stage: StageRow, in database: Database) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO stage (name, content_hash, state, spec, result) VALUES (?, ?, ?, ?, ?)",
      arguments: [stage.name, stage.contentHash, stage.state.rawValue, stage.spec, stage.result])
  }
}
