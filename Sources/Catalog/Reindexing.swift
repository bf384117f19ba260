import GRDB
import Samples

extension Catalog {
  /// Replaces the index rows of a shard and its samples, in one transaction. Evaluations of the split are kept if the
  /// shard is the recorded one, and dropped if not.
  /// - Parameters: As for `recordShard`.
  package func reindexShard(_ shard: ShardRow, charsets: [Alphabet], samples: [SampleRow]) throws(CatalogError) {
    precondition(samples.count == shard.records)
    try write("reindex shard \(shard.number) of split \(shard.split)") { database in
      // Predictions refer to samples, which are deleted and inserted again.
      try database.execute(sql: "PRAGMA defer_foreign_keys = ON")
      let recorded = try Self.shard(shard.number, of: shard.split, in: database)
      if recorded != shard {
        try Self.deleteEvaluations(of: shard.split, in: database)
        if let recorded { try Self.delete(recorded, in: database) }
        try shard.insert(database)
      }
      try Self.deleteSamples(of: shard, in: database)
      let numbers = try charsets.map { try Self.recordCharset($0, in: database).databaseValue }
      try Self.insert(samples, of: shard, charsets: charsets, numbers: numbers, in: database)
    }
  }

  /// Drops a shard from the index, and the evaluations of its split.
  package func dropShard(_ shard: ShardRow) throws(CatalogError) {
    try write("drop shard \(shard.number) of split \(shard.split)") { database in
      try Self.deleteEvaluations(of: shard.split, in: database)
      try Self.delete(shard, in: database)
    }
  }

  private static func deleteEvaluations(of split: Split, in database: Database) throws {
    try database.execute(sql: "DELETE FROM evaluation WHERE split = ?", arguments: [split.rawValue])
  }

  private static func delete(_ shard: ShardRow, in database: Database) throws {
    try deleteSamples(of: shard, in: database)
    try shard.delete(database)
  }
}
