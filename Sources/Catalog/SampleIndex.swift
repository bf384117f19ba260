import GRDB
import Samples

extension Split: Codable {}

/// A shard file that the catalog lists.
package struct ShardRow: TableRow {
  package static let databaseTableName = "shard"

  package let split: Split
  /// Index of the shard in its split.
  package let number: Int
  /// Relative to the workspace.
  package let file: String
  /// Index in the split of the shard's first sample.
  package let firstIndex: UInt64
  /// How many samples the shard holds.
  package let records: Int
  package let byteCount: Int
  /// SHA-256 of its header and seek table, in hexadecimal; these have the checksums of everything else.
  package let contentHash: String

  package init(
    split: Split, number: Int, file: String, firstIndex: UInt64, records: Int, byteCount: Int, contentHash: String
  ) {
    self.split = split
    self.number = number
    self.file = file
    self.firstIndex = firstIndex
    self.records = records
    self.byteCount = byteCount
    self.contentHash = contentHash
  }
}

extension ShardRow {
  /// Whether the numbers are in the schema's ranges, so that sums of them cannot overflow.
  fileprivate var isPossible: Bool { (1...1 << 20).contains(records) && firstIndex < 1_000_000_000_000 && number >= 0 }
}

/// What the catalog lists of a sample, besides its indices.
package struct SampleRow: Sendable, Equatable {
  /// Index of the label's charset in the shard's list.
  package let charset: Int
  package let label: Label
  /// Below 2^63.
  package let seed: UInt64

  package init(charset: Int = 0, label: Label, seed: UInt64) {
    self.charset = charset
    self.label = label
    self.seed = seed
  }
}

extension Catalog {
  /// With one statement a sample, starting statements would take most of the time.
  private static let samplesPerStatement = 64

  /// Records a durable shard file and all its samples. If the shard is recorded already, missing sample rows are added,
  /// and the blocks that evaluations left out count as intact again.
  /// - Parameters:
  ///   - modified: The file's time of modification, in nanoseconds since 1970.
  ///   - charsets: The shard's charsets; each character is a single Unicode scalar.
  ///   - samples: `shard.records` samples in record order; their labels have classes of their charset.
  /// - Throws: `shardExists` if a different shard has this number, `unsupportedCharacter`, or `failed`.
  package func recordShard(
    _ shard: ShardRow, modified: Int, charsets: [Alphabet], samples: [SampleRow]
  ) throws(CatalogError) {
    precondition(samples.count == shard.records)
    try writeWithoutForeignKeys("record shard \(shard.number) of split \(shard.split)") { database in
      let numbers = try charsets.map { try Self.recordCharset($0, in: database).databaseValue }
      if let recorded = try Self.shard(shard.number, of: shard.split, in: database) {
        guard recorded == shard else {
          throw CatalogError.shardExists(path: path, split: shard.split.rawValue, number: shard.number)
        }
        try Self.recordMended(shard, in: database)
      } else {
        try shard.insert(database)
      }
      if try Self.sampleCount(of: shard, in: database) != shard.records {
        try Self.deleteSamples(of: shard, in: database)
        try Self.insert(samples, of: shard, charsets: charsets, numbers: numbers, in: database)
      }
      try Self.insert(modified: modified, of: shard, in: database)
    }
  }

  /// Records that every byte of a shard file was verified.
  /// - Parameter modified: The file's time of modification, in nanoseconds since 1970.
  package func recordSound(_ shard: ShardRow, modified: Int) throws(CatalogError) {
    try write("record that \(shard.file) is intact") { database in
      try Self.insert(modified: modified, of: shard, in: database)
    }
  }

  /// The modification time of each shard file of a split when it was last verified, in nanoseconds since 1970, by shard
  /// number.
  package func modificationTimes(of split: Split) throws(CatalogError) -> [Int: Int] {
    try read("list the files of split \(split)") { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT number, modified FROM shard_file WHERE split = ?", arguments: [split.rawValue])
      return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
    }
  }

  /// Whether the index has every sample of a shard, and the charset of each.
  package func isIndexed(_ shard: ShardRow) throws(CatalogError) -> Bool {
    try read("count the samples of \(shard.file)") { database in
      try Self.sampleCount(of: shard, in: database) == shard.records
    }
  }

  private static func sampleCount(of shard: ShardRow, in database: Database) throws -> Int {
    try Int.fetchOne(
      database,
      sql: """
        SELECT count(*) FROM sample JOIN charset ON charset.id = sample.charset
        WHERE split = ? AND sample_index >= ? AND sample_index < ? AND shard = ?
        """,
      arguments: indexRange(of: shard) + [shard.number]) ?? 0
  }

  private static func insert(modified: Int, of shard: ShardRow, in database: Database) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO shard_file (split, number, modified) VALUES (?, ?, ?)",
      arguments: [shard.split.rawValue, shard.number, modified])
  }

  static func deleteSamples(of shard: ShardRow, in database: Database) throws {
    try database.execute(
      sql: "DELETE FROM sample WHERE split = ? AND sample_index >= ? AND sample_index < ?",
      arguments: indexRange(of: shard))
  }

  /// The split, the first index and the index past the last one.
  static func indexRange(of shard: ShardRow) -> StatementArguments {
    let first = Int64(bitPattern: shard.firstIndex)
    return [shard.split.rawValue, first, first + Int64(shard.records)]
  }

  /// The shards of a split that are recorded, in order.
  package func shards(of split: Split) throws(CatalogError) -> [ShardRow] {
    try read("list the shards of split \(split)") { database in
      let shards = try ShardRow.fetchAll(
        database, sql: "SELECT * FROM shard WHERE split = ? ORDER BY number", arguments: [split.rawValue])
      // SQLite checks the schema's constraints only when it writes.
      guard shards.allSatisfy(\.isPossible) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row of table shard has numbers out of range")
      }
      return shards
    }
  }

  /// How many samples of a split are recorded.
  package func sampleCount(of split: Split) throws(CatalogError) -> Int {
    // Shards are recorded together with their samples, so their counts save a scan of millions of rows.
    try number(
      "the number of samples of split \(split)", sql: "SELECT coalesce(sum(records), 0) FROM shard WHERE split = ?",
      [split.rawValue])
  }

  /// Records that a split is built anew. One transaction replaces the stage's row and drops the split's shards, samples
  /// and evaluations.
  package func restartBuild(_ stage: StageRow, of split: Split) throws(CatalogError) {
    try write("restart the build of split \(split)") { database in
      for table in ["evaluation", "sample", "shard"] {
        try database.execute(literal: "DELETE FROM \(sql: table) WHERE split = \(split.rawValue)")
      }
      try database.execute(
        sql: "DELETE FROM charset WHERE NOT EXISTS (SELECT 1 FROM sample WHERE sample.charset = charset.id)")
      try stage.insert(database, onConflict: .replace)
    }
  }

  static func shard(_ number: Int, of split: Split, in database: Database) throws -> ShardRow? {
    try ShardRow.fetchOne(
      database, sql: "SELECT * FROM shard WHERE split = ? AND number = ?", arguments: [split.rawValue, number])
  }

  static func insert(
    _ samples: [SampleRow], of shard: ShardRow, charsets: [Alphabet], numbers: [DatabaseValue], in database: Database
  ) throws {
    let scalars = charsets.map { $0.characters.flatMap(\.unicodeScalars) }
    let fullStatement = try database.cachedStatement(sql: insertStatement(sampleCount: samplesPerStatement))
    for start in stride(from: 0, to: samples.count, by: samplesPerStatement) {
      let chunk = samples[start..<min(start + samplesPerStatement, samples.count)]
      // Numbers of 2^63 and more become negative, which the table refuses.
      let firstIndex = Int64(bitPattern: shard.firstIndex) &+ Int64(start)
      var values = [
        shard.split.rawValue.databaseValue, shard.number.databaseValue, firstIndex.databaseValue, start.databaseValue,
      ]
      values.reserveCapacity(values.count + 3 * chunk.count)
      for sample in chunk {
        let characters = sample.label.classes.map { scalars[sample.charset][Int($0)] }
        values.append(String(scalars: characters).databaseValue)
        values.append(numbers[sample.charset])
        values.append(Int64(bitPattern: sample.seed).databaseValue)
      }
      let isFull = chunk.count == samplesPerStatement
      let statement =
        try isFull ? fullStatement : database.cachedStatement(sql: insertStatement(sampleCount: chunk.count))
      // The number of values is right by construction; a check would look up the name of each.
      statement.setUncheckedArguments(StatementArguments(values))
      try statement.execute()
    }
  }

  /// SQL that inserts samples with consecutive indices. Its parameters are split, shard, first index, first record,
  /// then label, charset and seed of each sample.
  private static func insertStatement(sampleCount: Int) -> String {
    let rows = (0..<sampleCount).map { offset in
      let first = 5 + 3 * offset
      return "(?1, ?3 + \(offset), ?2, ?4 + \(offset), ?\(first), ?\(first + 1), ?\(first + 2))"
    }
    return "INSERT INTO sample (split, sample_index, shard, record, label, charset, seed) VALUES "
      + rows.joined(separator: ", ")
  }

  /// The id of the charset with these characters, which is recorded if it is new.
  static func recordCharset(_ alphabet: Alphabet, in database: Database) throws -> Int {
    for character in alphabet.characters {
      guard character.unicodeScalars.count == 1, character != "\0" else {
        throw CatalogError.unsupportedCharacter(character)
      }
    }
    var id = charsetID(of: alphabet)
    while let characters = try String.fetchOne(
      database, sql: "SELECT characters FROM charset WHERE id = ?", arguments: [id])
    {
      if characters == alphabet.text { return id }
      id += 1
    }
    try database.execute(sql: "INSERT INTO charset (id, characters) VALUES (?, ?)", arguments: [id, alphabet.text])
    return id
  }
}

/// The id of a charset: the upper 23 bits, the most that SQLite stores in three bytes, of the 32-bit FNV-1a hash
/// (Fowler, Noll and Vo) of its characters in UTF-8. A running number would depend on what else was recorded before.
private func charsetID(of alphabet: Alphabet) -> Int {
  var hash: UInt32 = 0x811C_9DC5
  for byte in alphabet.text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
  return Int(hash >> 9)
}
