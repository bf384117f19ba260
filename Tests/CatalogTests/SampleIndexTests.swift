import Catalog
import Samples
import Testing

@Suite("Sample index")
struct SampleIndexTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let recording: PipelineRecording

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder.catalog(), for: .write)
    recording = try PipelineRecording()
  }

  private func rows(_ sql: String) throws -> [String] { try SQLiteShell.rows(sql, in: folder.catalog()) }

  @Test("lists shards in order, whatever the order of recording")
  func shards() throws {
    for number in [2, 0, 3, 1] { try recording.recordShards(number..<number + 1, in: catalog) }
    #expect(try catalog.shards(of: .test) == (0..<4).map { recording.shard($0).row })
    #expect(try catalog.shards(of: .train).isEmpty)
    #expect(try catalog.sampleCount(of: .test) == 100)
  }

  /// 150 samples do not divide by the number that one statement inserts.
  @Test("gives every sample its place, label and seed", .needsSQLiteShell)
  func samples() throws {
    let alphabet = recording.alphabet
    let samples = (0..<150).map { SampleRow(label: recording.labels[$0 % 100], seed: UInt64($0) << 40 | 1) }
    let shard = ShardRow(
      split: .train, number: 3, file: "shards/train-00003.shard.zst", firstIndex: 1000, records: 150, byteCount: 1,
      contentHash: "hash")
    try catalog.recordShard(shard, modified: 1, charsets: [alphabet], samples: samples)
    let expected = samples.indices.map { record in
      let label = alphabet.text(of: samples[record].label)
      return "train|\(1000 + record)|3|\(record)|\(label)|\(alphabet.text)|\(samples[record].seed)"
    }
    #expect(
      try rows(
        """
        SELECT split, sample_index, shard, record, label, characters, seed
        FROM sample JOIN charset ON charset = charset.id
        """) == expected)
  }

  @Test("gives every sample the charset that its label is in", .needsSQLiteShell)
  func charsets() throws {
    let charsets = [try Alphabet("xyz"), try Alphabet("ZYX")]
    let samples = (0..<130).map { number in
      SampleRow(charset: number % 2, label: Label(classes: (0...number % 3).map { UInt16($0) }), seed: UInt64(number))
    }
    let shard = ShardRow(
      split: .train, number: 0, file: "shards/train-00000.shard.zst", firstIndex: 0, records: 130, byteCount: 1,
      contentHash: "hash")
    try catalog.recordShard(shard, modified: 1, charsets: charsets, samples: samples)
    let expected = samples.map { "\(charsets[$0.charset].text(of: $0.label))|\(charsets[$0.charset].text)" }
    #expect(
      try rows("SELECT label, characters FROM sample JOIN charset ON charset = charset.id ORDER BY sample_index")
        == expected)
  }

  @Test("records a shard once, and refuses another under its number")
  func again() throws {
    try recording.recordShards(in: catalog)
    try recording.recordShards(in: catalog)
    #expect(try catalog.sampleCount(of: .test) == 100)
    let row = recording.shard(1).row
    let other = ShardRow(
      split: row.split, number: row.number, file: row.file, firstIndex: row.firstIndex, records: row.records,
      byteCount: row.byteCount, contentHash: "another")
    #expect(throws: CatalogError.shardExists(path: folder.catalog(), split: "test", number: 1)) {
      try catalog.recordShard(other, modified: 1, charsets: [recording.alphabet], samples: recording.shard(1).samples)
    }
    #expect(try catalog.shards(of: .test)[1] == row)
  }

  @Test("records a shard with all its samples or not at all", .needsSQLiteShell)
  func atomic() throws {
    var (row, samples) = recording.shard(0)
    samples[29] = SampleRow(label: samples[29].label, seed: 1 << 63)
    let error = #expect(throws: CatalogError.self) {
      try catalog.recordShard(row, modified: 1, charsets: [recording.alphabet], samples: samples)
    }
    guard case .failed(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.reason == .constraint)
    #expect(
      try rows("SELECT (SELECT count(*) FROM shard), (SELECT count(*) FROM sample), (SELECT count(*) FROM charset)")
        == ["0|0|0"])
    row = recording.shard(0).row
    try catalog.recordShard(row, modified: 1, charsets: [recording.alphabet], samples: recording.shard(0).samples)
    #expect(try catalog.shards(of: .test) == [row])
  }

  @Test("refuses characters that SQL would count as several", arguments: ["e\u{301}", "🇬🇷", "\0"] as [Character])
  func unsupportedCharacters(character: Character) throws {
    let alphabet = try Alphabet(["a", character])
    let (row, _) = recording.shard(3)
    let samples = [SampleRow](repeating: SampleRow(label: Label(classes: [0]), seed: 1), count: row.records)
    #expect(throws: CatalogError.unsupportedCharacter(character)) {
      try catalog.recordShard(row, modified: 1, charsets: [alphabet], samples: samples)
    }
  }

  @Test("drops a split with its evaluations when it is built anew, and nothing else", .needsSQLiteShell)
  func restart() throws {
    try recording.recordAll(in: catalog)
    let train = ShardRow(
      split: .train, number: 0, file: "shards/train-00000.shard.zst", firstIndex: 0, records: 1, byteCount: 1,
      contentHash: "hash")
    try catalog.recordShard(
      train, modified: 1, charsets: [try Alphabet("xyz")], samples: [SampleRow(label: Label(classes: [0, 1]), seed: 5)])
    let stage = StageRow(name: "build test", contentHash: "new", state: .running, spec: "new", result: nil)
    try catalog.restartBuild(stage, of: .test)
    #expect(try catalog.shards(of: .test).isEmpty)
    #expect(try catalog.shards(of: .train) == [train])
    #expect(try catalog.stage(named: "build test") == stage)
    #expect(try rows("SELECT label, characters FROM sample JOIN charset ON charset = charset.id") == ["xy|xyz"])
    let counts = "SELECT (SELECT count(*) FROM charset), (SELECT count(*) FROM evaluation), "
    #expect(try rows(counts + "(SELECT count(*) FROM prediction), (SELECT count(*) FROM confusion)") == ["1|0|0|0"])
    #expect(try catalog.lastStep()?.number == PipelineRecording.stepCount)
  }
}
