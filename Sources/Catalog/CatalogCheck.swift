import GRDB
import Samples

/// A sample as the catalog lists it.
package struct IndexedSample: Sendable, Equatable, Decodable, FetchableRecord {
  /// Place in the split.
  package let index: UInt64
  /// Place in the shard.
  package let record: Int
  package let label: String
  /// All characters that the label could have, in class order.
  package let charset: String
  package let seed: UInt64

  package init(index: UInt64, record: Int, label: String, charset: String, seed: UInt64) {
    self.index = index
    self.record = record
    self.label = label
    self.charset = charset
    self.seed = seed
  }
}

extension Catalog {
  /// What SQLite finds wrong with the file and with references between its rows; empty where nothing is. Reads all of it.
  package func faults() throws(CatalogError) -> [String] {
    try read("check the catalog") { database in
      let faults = try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      let strays = try Row.fetchAll(
        database, sql: "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2"
      )
      .map { row -> String in
        let (table, parent, count): (String, String, Int) = (row[0], row[1], row[2])
        return "\(count) rows of \(table) refer to rows of \(parent) that are not there"
      }
      return faults + strays
    }
  }

  /// The samples of a recorded shard, in order.
  package func samples(of shard: ShardRow) throws(CatalogError) -> [IndexedSample] {
    try read("read the samples of \(shard.file)") { database in
      try IndexedSample.fetchAll(
        database,
        sql: """
          SELECT sample_index AS "index", record, label, characters AS charset, seed
          FROM sample JOIN charset ON charset.id = sample.charset
          WHERE split = ? AND sample_index >= ? AND sample_index < ? AND shard = ? ORDER BY sample_index
          """,
        arguments: Self.indexRange(of: shard) + [shard.number])
    }
  }
}
