import Foundation
import Testing
import crashtest

/// `verify`, `repair` and `reindex`, on a workspace that was built.
@Suite struct StorageTests {
  private struct Verification: Decodable {
    struct Fault: Decodable {
      let file: String
      let frame: Int?
      let byteOffset: Int?
    }

    let shards: Int
    let records: Int
    let faults: [Fault]
  }

  private struct Repair: Decodable {
    struct Shard: Decodable {
      let file: String
      let blocks: Int
      let drawnBlocks: Int
    }

    let repaired: [Shard]
    let remaining: [Verification.Fault]
  }

  private let folder: Folder
  private let spec: String
  private let workspace: String
  private let expected: PipelineResults

  init() throws {
    folder = try Folder()
    spec = try folder.write(tinySpec(), as: "spec.yaml")
    workspace = folder.path + "/work"
    let outcome = try Program.run("build", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    expected = try PipelineResults(workspace: workspace)
  }

  private func shard(_ name: String) -> String { workspace + "/shards/\(name).shard.zst" }

  private func change(_ path: String, _ change: (inout Data) -> Void) throws {
    var content = try #require(FileManager.default.contents(atPath: path))
    change(&content)
    try content.write(to: URL(filePath: path))
  }

  private func verify(_ subject: String, expecting exitCode: Int32) throws -> Verification {
    let arguments = subject == spec ? ["--workspace", workspace] : []
    let outcome = try Program.run(["verify", subject, "--json"] + arguments)
    #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
    return try snakeCaseDecoder.decode(Verification.self, from: Data(outcome.output.utf8))
  }

  private func repair(expecting exitCode: Int32) throws -> Repair {
    let outcome = try Program.run("repair", spec, "--workspace", workspace, "--json")
    #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
    return try snakeCaseDecoder.decode(Repair.self, from: Data(outcome.output.utf8))
  }

  @Test func faultsAreNamedByTheirPlaceAndRepaired() throws {
    let sound = try verify(spec, expecting: 0)
    #expect(sound.shards == 6 && sound.records == 540 && sound.faults.isEmpty)

    // The last byte of the last block, the header, half of the file, the whole file.
    var places: [String: Int] = [:]
    try change(shard("train-00000")) { content in
      // The seek table of the header, seven blocks and its footer stands behind the blocks.
      places["block"] = content.count - (8 + 8 * 12 + 9) - 1
      content[content.count - (8 + 8 * 12 + 9) - 1] ^= 1
    }
    try change(shard("train-00001")) { $0[40] ^= 1 }
    try change(shard("train-00002")) { $0 = $0.prefix($0.count / 2) }
    try FileManager.default.removeItem(atPath: shard("train-00003"))

    let broken = try verify(spec, expecting: 65)
    #expect(Set(broken.faults.map(\.file)) == Set((0..<4).map { shard("train-0000\($0)") }))
    let block = try #require(broken.faults.first { $0.file == shard("train-00000") })
    #expect(block.frame == 7)
    #expect(try #require(block.byteOffset) < #require(places["block"]))
    #expect(try verify(shard("train-00000"), expecting: 65).faults.map(\.byteOffset) == [block.byteOffset])
    #expect(try verify(shard("train-00004"), expecting: 0).records == 80)

    let result = try repair(expecting: 0)
    #expect(result.remaining.isEmpty)
    #expect(result.repaired.map(\.drawnBlocks).prefix(2) == [1, 0] && result.repaired.last?.drawnBlocks == 7)
    #expect(try PipelineResults(workspace: workspace) == expected)
    #expect(try verify(spec, expecting: 0).faults.isEmpty)
    #expect(try repair(expecting: 0).repaired.isEmpty)
  }

  @Test func whatCannotBeDrawnIsNamed() throws {
    try change(shard("train-00000")) { $0[$0.count / 2] ^= 1 }
    let damaged = try PipelineResults(workspace: workspace)
    _ = try folder.write(tinySpec(extra: "seed: 7"), as: "spec.yaml")
    let result = try repair(expecting: 65)
    #expect(result.repaired.isEmpty && result.remaining.contains { $0.file == shard("train-00000") && $0.frame != nil })
    let outcome = try Program.run("repair", spec, "--workspace", workspace)
    #expect(outcome.output.contains("seed: 0 -> 7"), "\(outcome.output)")
    #expect(try PipelineResults(workspace: workspace) == damaged)
  }

  @Test func theIndexComesBackFromTheShards() throws {
    try FileManager.default.removeItem(atPath: workspace + "/catalog.sqlite")
    #expect(try Program.run("verify", spec, "--workspace", workspace).exitCode == 66)
    let outcome = try Program.run("reindex", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try PipelineResults(workspace: workspace) == expected)
  }

  @Test func aDamagedShardIsLeftOutOfTheIndexAndDrawnByTheNextBuild() throws {
    try FileManager.default.removeItem(atPath: workspace + "/catalog.sqlite")
    try change(shard("train-00001")) { $0[$0.count / 2] ^= 1 }
    try FileManager.default.removeItem(atPath: shard("test-00000"))
    let outcome = try Program.run("reindex", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 65)
    #expect(outcome.output.contains(shard("train-00001")), "\(outcome.output)")
    #expect(try Program.run("build", spec, "--workspace", workspace).exitCode == 0)
    #expect(try PipelineResults(workspace: workspace) == expected)
  }

  /// Rows that were changed are found; making them again keeps what was learned from the samples.
  @Test func aChangedIndexIsFoundAndMadeAgain() throws {
    #expect(try Program.run("run", spec, "--workspace", workspace).exitCode == 0)
    let finished = try PipelineResults(workspace: workspace)
    let catalog = workspace + "/catalog.sqlite"
    _ = try sqlite(
      catalog, "UPDATE sample SET label = '00' WHERE split = 'train' AND sample_index = 123 AND label <> '00'")
    _ = try sqlite(catalog, "DELETE FROM sample WHERE split = 'test' AND sample_index = 5")
    #expect(try verify(spec, expecting: 65).faults.map(\.file).allSatisfy { $0 == catalog })
    #expect(try Program.run("reindex", spec, "--workspace", workspace).exitCode == 0)
    #expect(try PipelineResults(workspace: workspace) == finished)
    #expect(try verify(spec, expecting: 0).faults.isEmpty)
  }

  @Test func checkpointsAndModelAreVerified() throws {
    #expect(try Program.run("run", spec, "--workspace", workspace).exitCode == 0)
    let checkpoint = try sqlite(workspace + "/catalog.sqlite", "SELECT file FROM checkpoint LIMIT 1").dropLast()
    for file in ["model.safetensors", String(checkpoint)] {
      try change(workspace + "/" + file) { $0[$0.count / 2] ^= 1 }
    }
    let files = try verify(spec, expecting: 65).faults.map(\.file)
    #expect(Set(files) == [workspace + "/model.safetensors", "\(workspace)/\(checkpoint)"])
  }
}
