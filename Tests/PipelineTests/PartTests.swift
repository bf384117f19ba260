import Files
import Foundation
import Testing
import crashtest

/// A build that several processes share.
@Suite struct PartTests {
  private static let spec = """
    name: parts
    captcha: {charset: digits, length: 2, width: 60, height: 30}
    datasets: {train: {count: 1000}, test: {count: 70}}
    shards: {records: 64, block: 16}
    """
  private static let tables = "SELECT * FROM shard; SELECT * FROM sample; SELECT * FROM charset; SELECT * FROM stage"

  private let folder: Folder
  private let spec: String

  init() throws {
    folder = try Folder()
    spec = try folder.write(Self.spec, as: "parts.yaml")
  }

  private func build(_ workspace: String, _ more: String...) throws -> Program.Outcome {
    try Program.run(["build", spec, "--workspace", folder.path + "/" + workspace] + more)
  }

  private func expectSame(_ workspace: String, as other: String) throws {
    func files(_ workspace: String) throws -> [String: Data] {
      let shards = folder.path + "/\(workspace)/shards"
      return try FileManager.default.contentsOfDirectory(atPath: shards).reduce(into: [:]) { files, name in
        files[name] = FileManager.default.contents(atPath: shards + "/" + name)
      }
    }
    func rows(_ workspace: String) throws -> String {
      try sqlite(folder.path + "/\(workspace)/catalog.sqlite", Self.tables)
    }
    #expect(try files(workspace) == files(other))
    #expect(try rows(workspace) == rows(other))
  }

  /// Parts at once and in any order, one of them twice, one never, and one whose shard is damaged afterwards.
  @Test func partsMakeTheSameBytes() throws {
    #expect(try build("whole").exitCode == 0)
    let workspace = folder.path + "/shared"
    let parts = [5, 2, 4, 2, 1].map { ["build", spec, "--workspace", workspace, "--part", "\($0)/5"] }
    for outcome in try Program.runTogether(parts) { #expect(outcome.exitCode == 0, "\(outcome.errors)") }
    #expect(!FileManager.default.fileExists(atPath: workspace + "/catalog.sqlite"))
    let damaged = workspace + "/shards/train-00004.shard.zst"
    var bytes = try #require(FileManager.default.contents(atPath: damaged))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: damaged))
    // What a killed part leaves.
    try Data().write(to: URL(filePath: workspace + "/shards/train-00002.shard.zst.17.partial"))
    let outcome = try build("shared")
    // Part 3 is missing: shards 2, 7 and 12 of the 16.
    #expect(outcome.errors.contains("12 shards of the train split found"), "\(outcome.errors)")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try expectSame("shared", as: "whole")
  }

  /// A part fills the gaps of a recorded build, and draws what a higher count adds.
  @Test func aPartGoesOnFromTheCatalog() throws {
    #expect(try build("shared").exitCode == 0)
    try FileManager.default.removeItem(atPath: folder.path + "/shared/shards/train-00003.shard.zst")
    try Self.spec.replacing("1000", with: "1200").write(toFile: spec, atomically: true, encoding: .utf8)
    let part = try build("shared", "--part", "1/1", "--json")
    #expect(part.output.contains(#""drawn" : 5"#), "\(part.output)\(part.errors)")
    #expect(try build("shared").exitCode == 0)
    let again = try build("shared", "--part", "1/1", "--json")
    #expect(!again.output.contains(#""drawn" : 5"#) && again.exitCode == 0)
    try Self.spec.write(toFile: spec, atomically: true, encoding: .utf8)
    #expect(try build("whole").exitCode == 0)
    try Self.spec.replacing("1000", with: "1200").write(toFile: spec, atomically: true, encoding: .utf8)
    #expect(try build("whole").exitCode == 0)
    try expectSame("shared", as: "whole")
  }

  @Test func partsAndWholeBuildsExcludeOneAnother() throws {
    #expect(try build("shared", "--part", "1/2").exitCode == 0)
    let path = folder.path + "/shared/lock"
    do {
      let lock = try LockFile(path, .shared)
      #expect(try build("shared").exitCode == 75)
      #expect(try build("shared", "--part", "2/2").exitCode == 0)
      withExtendedLifetime(lock) {}
    }
    let lock = try LockFile(path)
    #expect(try build("shared", "--part", "2/2").exitCode == 75)
    withExtendedLifetime(lock) {}
  }

  @Test(arguments: ["0/2", "3/2", "1", "1/2/3", "a/2", "-1/2"])
  func impossiblePartsAreRefused(part: String) throws {
    #expect(try build("shared", "--part", part).exitCode == 64)
  }
}
