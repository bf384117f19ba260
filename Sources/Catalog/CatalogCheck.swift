import GRDB
import Samples

/// A sample as the catalog lists it.
package struct IndexedSample: CatalogRow {
  /// Index in the split.
  package let index: UInt64
  /// Index in the shard.
  package let record: Int
  package let label: String
  /// All characters that the label can have, in class order.
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
  /// All faults that SQLite finds in the file and in references between its rows. Reads the whole file.
  package func faults() throws(CatalogError) -> [String] {
    try read("check the catalog") { database in
      let faults = try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      let strays = try Row.fetchAll(
        database, sql: "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2"
      )
      .map { row -> String in
        let (table, parent, count): (String, String, Int) = (row[0], row[1], row[2])
        return "\(counted(count, "row")) of \(table) refer to missing rows of \(parent)"
      }
      return faults + strays
    }
  }

  /// The samples of a recorded shard, in order.
  package func samples(of shard: ShardRow) throws(CatalogError) -> [IndexedSample] {
    try rows(
      "the samples of \(shard.file)",
      sql: """
        SELECT sample_index AS "index", record, label, characters AS charset, seed
        FROM sample JOIN charset ON charset.id = sample.charset
        WHERE split = ? AND sample_index >= ? AND sample_index < ? AND shard = ? ORDER BY sample_index
        """, Self.indexRange(of: shard) + [shard.number])
  }
}
