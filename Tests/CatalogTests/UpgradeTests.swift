import Catalog
import Faults
import Files
import Foundation
import Testing

/// Fixtures: `version-1.sqlite` is the catalog that the last program of schema version 1 made of `version-1.yaml`.
@Suite("Upgrading a catalog", .needsSQLiteShell)
struct UpgradeTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let fixture = try #require(
      Bundle.module.url(forResource: "version-1", withExtension: "sqlite", subdirectory: "Fixtures"))
    try FileManager.default.copyItem(atPath: fixture.path(), toPath: folder.catalog())
  }

  private func rows(_ sql: String, in path: String? = nil) throws -> [String] {
    try SQLiteShell.rows(sql, in: path ?? folder.catalog())
  }

  /// Names and columns of all tables and views.
  private func shape(of path: String) throws -> [String] {
    try rows(
      "SELECT object.type, object.name, info.* FROM sqlite_schema AS object, pragma_table_info(object.name) AS info "
        + "ORDER BY object.name, info.cid", in: path)
  }

  @Test("has the tables of a new catalog, and all that it had before")
  func upgrades() throws {
    let tables = try rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'stage'")
    let content = { try rows(tables.map { "SELECT '\($0)'; SELECT * FROM \($0);" }.joined(separator: " ")) }
    let stages = "SELECT name, content_hash, state, spec FROM stage"
    let (before, stagesBefore) = (try content(), try rows(stages))
    try Catalog(folder.catalog(), for: .write).close()
    #expect(try content() == before)
    #expect(try rows(stages) == stagesBefore)
    #expect(try rows("PRAGMA user_version") == ["\(Catalog.schemaVersion)"])
    let new = folder.catalog() + ".new"
    try Catalog(new, for: .write).close()
    #expect(try shape(of: folder.catalog()) == shape(of: new))
  }

  @Test("reads an older catalog without changing it")
  func reads() throws {
    let content = try Data(contentsOf: URL(filePath: folder.catalog()))
    let catalog = try Catalog(folder.catalog(), for: .read)
    #expect(try catalog.sampleCount(of: .train) == 60)
    #expect(try catalog.stage(named: "train")?.state == .done)
    #expect(try catalog.modificationTimes(of: .train).isEmpty)
    #expect(try Data(contentsOf: URL(filePath: folder.catalog())) == content)
  }

  @Test("takes the hash of imported images from the text that had it")
  func imported() throws {
    let hash = String(repeating: "0123456789abcdef", count: 4)
    try SQLiteShell.execute(
      """
      UPDATE stage SET spec = 'images=\(hash)' || char(10) || 'captcha.length=4' || char(10) WHERE name = 'build test';
      UPDATE stage SET spec = 'images=nothing' || char(10) || 'seed=0' || char(10) WHERE name = 'build validation'
      """, in: folder.catalog())
    let catalog = try Catalog(folder.catalog(), for: .write)
    #expect(try catalog.stage(named: "build test")?.result == hash)
    #expect(try catalog.stage(named: "build validation")?.result == nil)
    #expect(try catalog.stage(named: "build train")?.result == nil)
  }

  /// The program is killed, or the power fails, at any operation of the upgrade.
  @Test("loses nothing when it is cut off anywhere, and is made the next time", arguments: DiskContents.Loss.allCases)
  func cutOff(_ loss: DiskContents.Loss) throws {
    let content = "SELECT * FROM sample; SELECT * FROM metric; SELECT * FROM prediction; SELECT name, spec FROM stage"
    let expected = try rows(content)
    let source = try TemporaryFolder()
    let disk = FaultyDisk(countsDatabaseWritesSingly: true)
    let fixture = try ReadableFile.contents(of: folder.catalog())
    try writeDurably(fixture, to: source.catalog(), in: FaultyFileSystem(on: disk))
    let first = disk.history.operationCount + 1
    try FaultyDatabaseFiles.on(disk, in: source.path) { try Catalog(source.catalog(), for: .write).close() }
    #expect(disk.history.operationCount > first + 10)
    var replay = DiskReplay(disk.history)
    for operation in first...disk.history.operationCount {
      let (place, contents) = replay.cutOff(atOperation: operation)
      let target = try TemporaryFolder()
      for (path, bytes) in contents.surviving(loss) {
        try Data(bytes).write(to: URL(filePath: target.catalog() + path.dropFirst(source.catalog().count)))
      }
      try Catalog(target.catalog(), for: .write).close()
      #expect(try rows(content, in: target.catalog()) == expected, "\(place)")
      #expect(try rows("PRAGMA user_version", in: target.catalog()) == ["\(Catalog.schemaVersion)"], "\(place)")
    }
  }
}
