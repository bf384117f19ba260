import GRDB
import Samples

/// A damaged block that a stage left out.
package struct LeftOutRow: TableRow {
  package static let databaseTableName = "left_out"

  /// Such as "train" or "evaluate test".
  package let stage: String
  package let split: Split
  /// The shard's number in the split.
  package let shard: Int
  /// Index of the block in the shard.
  package let block: Int
  /// Index of its first record in the shard.
  package let firstRecord: Int
  /// How many records it has; at least one.
  package let records: Int
  /// What is wrong with the block, and where.
  package let fault: String

  /// - Parameter records: Indices of the block's records in the shard.
  package init(stage: String, split: Split, shard: Int, block: Int, records: Range<Int>, fault: String) {
    self.stage = stage
    self.split = split
    self.shard = shard
    self.block = block
    firstRecord = records.lowerBound
    self.records = records.count
    self.fault = fault
  }
}

extension Catalog {
  /// Records that a stage leaves out a block.
  /// - Returns: False where it was recorded already, in an earlier epoch.
  package func recordLeftOut(_ row: LeftOutRow) throws(CatalogError) -> Bool {
    try write("record a block that stage '\(row.stage)' leaves out") { database in
      try row.insert(database, onConflict: .ignore)
      return database.changesCount > 0
    }
  }

  /// How many samples a stage left out.
  package func leftOutSampleCount(ofStage name: String) throws(CatalogError) -> Int {
    try number(
      "what stage '\(name)' left out", sql: "SELECT coalesce(sum(records), 0) FROM left_out WHERE stage = ?", [name])
  }

  /// Deletes the records of what a stage left out; to be called before it starts over.
  package func removeLeftOut(ofStage name: String) throws(CatalogError) {
    try write("delete the list of what stage '\(name)' left out") { database in
      try Self.deleteLeftOut(ofStage: name, in: database)
    }
  }

  /// Records that a shard is intact again. Evaluations that left out some of it become unfinished. What training left
  /// out stays recorded, since the model was not trained on it.
  package func recordMended(_ shard: ShardRow) throws(CatalogError) {
    try write("record that \(shard.file) is intact again") { database in try Self.recordMended(shard, in: database) }
  }

  static func recordMended(_ shard: ShardRow, in database: Database) throws {
    try database.execute(
      sql: """
        UPDATE stage SET state = 'running'
        WHERE name <> 'train' AND name IN (SELECT stage FROM left_out WHERE split = ?1 AND shard = ?2)
        """,
      arguments: [shard.split.rawValue, shard.number])
    try database.execute(
      sql: "DELETE FROM left_out WHERE stage <> 'train' AND split = ?1 AND shard = ?2",
      arguments: [shard.split.rawValue, shard.number])
  }

  static func deleteLeftOut(ofStage name: String, in database: Database) throws {
    try database.execute(sql: "DELETE FROM left_out WHERE stage = ?", arguments: [name])
  }
}
