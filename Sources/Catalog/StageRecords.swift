import GRDB

/// The recorded state of a stage.
package struct StageRow: Sendable, Equatable, Decodable, FetchableRecord {
  package static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  package enum State: String, Sendable, Decodable {
    /// Started; if no command is running, interrupted.
    case running
    case done
  }

  /// Such as "build train", "train" or "evaluate test".
  package let name: String
  /// Hash of everything that the stage's result depends on.
  package let contentHash: String
  package let state: State
  /// The text that was hashed.
  package let spec: String
  /// Hash of the stage's result, for a model or an import; nil for other stages and while training is unfinished.
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
  /// Records the state of a stage, in place of the one recorded before.
  package func recordStage(_ stage: StageRow) throws(CatalogError) {
    try write("record stage '\(stage.name)'") { database in try Self.insert(stage, in: database) }
  }

  /// The state of a stage; nil if it never started.
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
