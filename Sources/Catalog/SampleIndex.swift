import GRDB
import Samples

extension Split: Decodable {}

/// A shard file that the catalog lists.
package struct ShardRow: Sendable, Equatable, Decodable, FetchableRecord {
  package static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  package let split: Split
  /// Place of the shard in its split, from 0.
  package let number: Int
  /// Relative to the workspace.
  package let file: String
  /// Index in the split of the shard's first sample.
  package let firstIndex: UInt64
  /// How many samples the shard holds.
  package let records: Int
  package let byteCount: Int
  /// SHA-256 of its header and seek table, in hexadecimal; these hold the checksums of all else.
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
  /// Whether its numbers are in the ranges of the schema, so that they can be added.
  fileprivate var isPossible: Bool { (1...1 << 20).contains(records) && firstIndex < 1_000_000_000_000 && number >= 0 }
}

/// What the catalog lists of a sample, besides its place.
package struct SampleRow: Sendable, Equatable {
  /// Number of the charset that the label's classes are of.
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
  /// With a statement for each sample, most of the time would go into starting statements.
  private static let samplesPerStatement = 64

  /// Records a durable shard file and all its samples. If the shard is recorded already, its samples are recorded again
  /// where rows are missing, and blocks that evaluations left out are no longer missing.
  /// - Parameters:
  ///   - modified: The file's time of modification, in nanoseconds since 1970.
  ///   - charsets: What the labels are written in; each character a single Unicode scalar.
  ///   - samples: In record order, `shard.records` of them, their labels of classes of their charset.
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
        try Self.insert(shard, in: database)
      }
      if try Self.sampleCount(of: shard, in: database) != shard.records {
        try Self.deleteSamples(of: shard, in: database)
        try Self.insert(samples, of: shard, charsets: charsets, numbers: numbers, in: database)
      }
      try Self.insert(modified: modified, of: shard, in: database)
    }
  }

  /// Records that every byte of a shard file is sound.
  /// - Parameter modified: The file's time of modification, in nanoseconds since 1970.
  package func recordSound(_ shard: ShardRow, modified: Int) throws(CatalogError) {
    try write("record that \(shard.file) is sound") { database in
      try Self.insert(modified: modified, of: shard, in: database)
    }
  }

  /// When each shard file of a split was last found sound: its time of modification then, in nanoseconds since 1970, by the
  /// number of the shard.
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
      // SQLite checks the rules of the schema only where it may write.
      guard shards.allSatisfy(\.isPossible) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a shard's row is impossible")
      }
      return shards
    }
  }

  /// How many samples of a split are recorded.
  package func sampleCount(of split: Split) throws(CatalogError) -> Int {
    try read("count the samples of split \(split)") { database in
      // Shards are recorded with their samples, so there is no need to visit millions of rows.
      try Int.fetchOne(
        database, sql: "SELECT coalesce(sum(records), 0) FROM shard WHERE split = ?", arguments: [split.rawValue]) ?? 0
    }
  }

  /// Records that a split is built anew: in one transaction, `stage` takes the place of what its name stood for, and
  /// the split's shards and samples are dropped, with the evaluations that were made on them.
  package func restartBuild(_ stage: StageRow, of split: Split) throws(CatalogError) {
    try write("restart the build of split \(split)") { database in
      for table in ["evaluation", "sample", "shard"] {
        try database.execute(literal: "DELETE FROM \(sql: table) WHERE split = \(split.rawValue)")
      }
      try database.execute(
        sql: "DELETE FROM charset WHERE NOT EXISTS (SELECT 1 FROM sample WHERE sample.charset = charset.id)")
      try Self.insert(stage, in: database)
    }
  }

  static func shard(_ number: Int, of split: Split, in database: Database) throws -> ShardRow? {
    try ShardRow.fetchOne(
      database, sql: "SELECT * FROM shard WHERE split = ? AND number = ?", arguments: [split.rawValue, number])
  }

  static func insert(_ shard: ShardRow, in database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO shard (split, number, file, first_index, records, byte_count, content_hash)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        shard.split.rawValue, shard.number, shard.file, Int64(bitPattern: shard.firstIndex), shard.records,
        shard.byteCount, shard.contentHash,
      ])
  }

  static func insert(
    _ samples: [SampleRow], of shard: ShardRow, charsets: [Alphabet], numbers: [DatabaseValue], in database: Database
  ) throws {
    let scalars = charsets.map { $0.characters.flatMap(\.unicodeScalars) }
    let fullStatement = try database.cachedStatement(sql: insertStatement(sampleCount: samplesPerStatement))
    for start in stride(from: 0, to: samples.count, by: samplesPerStatement) {
      let chunk = samples[start..<min(start + samplesPerStatement, samples.count)]
      // Numbers of 2^63 and more turn negative, and the table refuses them.
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
      // Unchecked: the number of values is right by construction, and counting names each of them.
      statement.setUncheckedArguments(StatementArguments(values))
      try statement.execute()
    }
  }

  /// SQL that inserts samples with consecutive places. Its parameters are split, shard, first index, first record,
  /// then label, charset and seed of each sample.
  private static func insertStatement(sampleCount: Int) -> String {
    let rows = (0..<sampleCount).map { place in
      let first = 5 + 3 * place
      return "(?1, ?3 + \(place), ?2, ?4 + \(place), ?\(first), ?\(first + 1), ?\(first + 2))"
    }
    return "INSERT INTO sample (split, sample_index, shard, record, label, charset, seed) VALUES "
      + rows.joined(separator: ", ")
  }

  /// The number of the charset with these characters, which is recorded if it is new.
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

/// The number of a charset: 23 bits, the most that SQLite stores in three bytes, of the 32-bit FNV-1a hash (Fowler,
/// Noll and Vo) of its characters in UTF-8. A number counted up would depend on what else was ever recorded.
private func charsetID(of alphabet: Alphabet) -> Int {
  var hash: UInt32 = 0x811C_9DC5
  for byte in alphabet.text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
  return Int(hash >> 9)
}
