import Catalog
import Foundation
import Samples
import Testing

@Suite("Opening a catalog")
struct CatalogOpeningTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func failure(_ body: () throws -> Void) throws -> CatalogFailure {
    let error = try #require(throws: CatalogError.self, performing: body)
    guard case .failed(let failure) = error else { throw error }
    return failure
  }

  @Test("makes an empty catalog, and opens it again")
  func makes() throws {
    let path = folder.catalog()
    try Catalog(path, for: .write).close()
    #expect(try Catalog(path, for: .write).shards(of: .train).isEmpty)
    #expect(try Catalog(path, for: .read).sampleCount(of: .train) == 0)
  }

  @Test("takes an empty file, as a crash leaves it, for a new catalog")
  func emptyFile() throws {
    try Data().write(to: URL(fileURLWithPath: folder.catalog()))
    #expect(throws: CatalogError.empty(path: folder.catalog())) { try Catalog(folder.catalog(), for: .read) }
    #expect(try Catalog(folder.catalog(), for: .write).sampleCount(of: .train) == 0)
  }

  @Test("refuses a file that is no database, and leaves it alone", arguments: [Catalog.Access.read, .write])
  func notADatabase(access: Catalog.Access) throws {
    let content = Data(String(repeating: "captcha: {style: image-captcha}\n", count: 200).utf8)
    try content.write(to: URL(fileURLWithPath: folder.catalog()))
    #expect(throws: CatalogError.notADatabase(path: folder.catalog())) { try Catalog(folder.catalog(), for: access) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.catalog())) == content)
  }

  @Test("refuses another program's database, and leaves it alone", .needsSQLiteShell)
  func otherProgram() throws {
    try SQLiteShell.execute("CREATE TABLE sample (id INTEGER); INSERT INTO sample VALUES (3)", in: folder.catalog())
    let content = try Data(contentsOf: URL(fileURLWithPath: folder.catalog()))
    #expect(throws: CatalogError.notACatalog(path: folder.catalog())) { try Catalog(folder.catalog(), for: .write) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.catalog())) == content)
  }

  @Test("refuses a catalog of a newer program", .needsSQLiteShell)
  func newerVersion() throws {
    try Catalog(folder.catalog(), for: .write).close()
    #expect(
      try SQLiteShell.rows("PRAGMA application_id; PRAGMA user_version", in: folder.catalog())
        == ["\(Catalog.applicationID)", "\(Catalog.schemaVersion)"])
    let newer = Catalog.schemaVersion + 1
    try SQLiteShell.execute("PRAGMA user_version = \(newer)", in: folder.catalog())
    let expected = CatalogError.newerVersion(path: folder.catalog(), found: newer, supported: Catalog.schemaVersion)
    #expect(throws: expected) { try Catalog(folder.catalog(), for: .write) }
    #expect(throws: expected) { try Catalog(folder.catalog(), for: .read) }
  }

  @Test("says what it cannot open, and makes no file to read from")
  func cannotOpen() throws {
    let missing = folder.catalog("missing")
    #expect(try failure { _ = try Catalog(missing, for: .read) }.reason == .cannotOpen)
    #expect(!FileManager.default.fileExists(atPath: missing))

    let inNoFolder = folder.path + "/none/catalog.sqlite"
    let noFolder = try failure { _ = try Catalog(inNoFolder, for: .write) }
    #expect(noFolder.reason == .cannotOpen && noFolder.path == inNoFolder)
    #expect(try failure { _ = try Catalog(folder.path, for: .write) }.reason == .cannotOpen)
    // No process may make files here, whoever runs it.
    #expect(try failure { _ = try Catalog("/proc/catalog.sqlite", for: .write) }.reason == .cannotOpen)
  }

  @Test("refuses to write what was opened for reading")
  func readOnly() throws {
    let recording = try PipelineRecording()
    let writer = try Catalog(folder.catalog(), for: .write)
    let reader = try Catalog(folder.catalog(), for: .read)
    let failure = try failure { try recording.recordShards(in: reader) }
    #expect(failure.reason == .readOnly)
    #expect(failure.description.hasPrefix("cannot record shard 0 of split test in \(folder.catalog()): "))
    // The same reader sees what the writer adds later.
    try recording.recordShards(in: writer)
    #expect(try reader.sampleCount(of: .test) == 100)
  }

  @Test("reports a damaged file")
  func damaged() throws {
    let catalog = try Catalog(folder.catalog(), for: .write)
    try PipelineRecording().recordAll(in: catalog)
    try catalog.close()
    var content = try Data(contentsOf: URL(fileURLWithPath: folder.catalog()))
    content.replaceSubrange(4096..<content.count, with: Data(repeating: 0x5A, count: content.count - 4096))
    try content.write(to: URL(fileURLWithPath: folder.catalog()))
    let damaged = try failure {
      let catalog = try Catalog(folder.catalog(), for: .write)
      _ = try catalog.shards(of: .test)
    }
    #expect(damaged.reason == .corrupt)
  }

  /// What a hex editor makes of a row is not trusted: no sum of it overflows, and no path of it leads elsewhere.
  @Test(
    "refuses rows that cannot be", .needsSQLiteShell,
    arguments: [
      "shard SET number = 9223372036854775807 WHERE number = 3", "shard SET first_index = -1 WHERE number = 1",
      "shard SET first_index = 9223372036854775807 WHERE number = 1",
      "shard SET records = 9223372036854775807 WHERE number = 1", "shard SET records = 0 WHERE number = 1",
      "shard SET file = '../../elsewhere' WHERE number = 1", "checkpoint SET file = '../elsewhere' WHERE step = 20",
      "evaluation SET images = 9223372036854775807",
    ])
  func impossibleRow(change: String) throws {
    let catalog = try Catalog(folder.catalog(), for: .write)
    try PipelineRecording().recordAll(in: catalog)
    try catalog.close()
    try SQLiteShell.execute(
      "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; UPDATE \(change)", in: folder.catalog())
    #expect(try failure { _ = try Catalog(folder.catalog(), for: .write) }.reason == .corrupt)
    guard change.contains("records") || change.contains("first_index") else { return }
    let reader = try Catalog(folder.catalog(), for: .read)
    #expect(try failure { _ = try reader.shards(of: .test) }.reason == .corrupt)
  }

  @Test("waits for no named pipe")
  func pipe() throws {
    let path = folder.catalog()
    #expect(mkfifo(path, 0o600) == 0)
    for access in [Catalog.Access.read, .write] {
      #expect(throws: CatalogError.notADatabase(path: path)) { _ = try Catalog(path, for: access) }
    }
  }

  /// Overwrites the first page of a table.
  private func damage(_ table: String) throws {
    let rows = try SQLiteShell.rows("SELECT rootpage FROM sqlite_schema WHERE name = '\(table)'", in: folder.catalog())
    let page = try #require(rows.first.flatMap { UInt64($0) })
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.catalog()))
    try file.seek(toOffset: (page - 1) * 4096)
    try file.write(contentsOf: Data(repeating: 0x5A, count: 4096))
    try file.close()
  }

  @Test(
    "reports damage where stages decide from it at once, and where samples are when they are used", .needsSQLiteShell,
    arguments: [("stage", true), ("shard", true), ("checkpoint", true), ("sample", false)])
  func damagedTable(table: String, isReportedAtOnce: Bool) throws {
    let recording = try PipelineRecording()
    let catalog = try Catalog(folder.catalog(), for: .write)
    try recording.recordAll(in: catalog)
    try catalog.close()
    try damage(table)
    let failure = try failure {
      let catalog = try Catalog(folder.catalog(), for: .write)
      #expect(!isReportedAtOnce)
      try catalog.restartBuild(recording.stage("build test", .running), of: .test)
    }
    #expect(failure.reason == .corrupt)
  }

  @Test(
    "tells SQLite's failures apart",
    arguments: [
      (13, CatalogFailure.Reason.full), (5, .busy), (261, .busy), (8, .readOnly), (1032, .readOnly), (10, .inputOutput),
      (778, .inputOutput), (14, .cannotOpen), (11, .corrupt), (787, .constraint), (1, .other), (15, .sharing),
      (3850, .sharing), (5386, .sharing),
    ] as [(Int32, CatalogFailure.Reason)])
  func reasons(code: Int32, reason: CatalogFailure.Reason) {
    #expect(CatalogFailure(path: "", operation: "", code: code, message: "").reason == reason)
  }
}
