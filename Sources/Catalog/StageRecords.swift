import GRDB

/// The recorded state of a stage.
package struct StageRow: TableRow {
  package static let databaseTableName = "stage"

  package enum State: String, Sendable, Codable {
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
    try write("record stage '\(stage.name)'") { try stage.insert($0, onConflict: .replace) }
  }

  /// The state of a stage; nil if it never started.
  package func stage(named name: String) throws(CatalogError) -> StageRow? {
    try read("read stage '\(name)'") { try StageRow.fetchOne($0, key: name) }
  }
}
