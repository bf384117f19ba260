import Files
import Foundation
import Network
import Pipeline
import Specs
import Testing
import Workers
import crashtest

/// A pipeline that is stopped anywhere and run again ends with the same bytes as one that never was.
@Suite struct ResumeTests {
  /// The whole pipeline in one go.
  private static func uninterrupted(_ yaml: String) throws -> (folder: Folder, results: PipelineResults) {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    try runPipeline(yaml, in: workspace)
    return (folder, try PipelineResults(workspace: workspace))
  }

  private static func runPipeline(_ yaml: String, in path: String) throws {
    let spec = try PipelineSpec(yaml: yaml, path: "test.yaml")
    let pipeline = try Pipeline(
      spec, in: Workspace(path: path), threadCount: 2, cancellation: Cancellation(), report: { _ in })
    _ = try pipeline.recording("test", version: "0") { try $0.run() }
  }

  /// The program, killed while it draws and while it trains.
  @Test func killedProgramGoesOn() throws {
    let (_, expected) = try Self.uninterrupted(tinySpec(train: 3200))
    let folder = try Folder()
    let spec = try folder.write(tinySpec(train: 3200), as: "spec.yaml")
    let workspace = folder.path + "/work"
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: workspace + "/" + name) }
    for moment in ["shards/train-00002.shard.zst", "checkpoints/step-000000016.safetensors"] {
      let wasKilled = try Program.kill(
        when: { exists(moment) }, "run", spec, "--workspace", workspace, "--threads", "2")
      #expect(wasKilled, "the program ended before \(moment) was seen")
    }
    #expect(!exists("model.safetensors"))
    let outcome = try Program.run("run", spec, "--workspace", workspace, "--threads", "2")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("train: resuming: "))
    #expect(try PipelineResults(workspace: workspace) == expected)
  }

  @Test func stopsWhenAskedTo() throws {
    let (_, expected) = try Self.uninterrupted(tinySpec(train: 3200))
    let folder = try Folder()
    let spec = try folder.write(tinySpec(train: 3200), as: "the spec.yaml")
    let workspace = folder.path + "/work"
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: workspace + "/" + name) }
    for (signal, moment) in [
      (SIGINT, "shards/train-00002.shard.zst"), (SIGTERM, "checkpoints/step-000000016.safetensors"),
      (SIGHUP, "checkpoints/step-000000080.safetensors"),
    ] {
      let outcome = try Program.stop(by: signal, when: { exists(moment) }, "run", spec, "--workspace", workspace)
      #expect(outcome.exitCode == 130)
      #expect(outcome.errors.contains("run '\(spec)' --workspace"), "\(outcome.errors)")
    }
    #expect(!exists("model.safetensors"))
    let outcome = try Program.run("run", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try PipelineResults(workspace: workspace) == expected)
  }

  @Test func threadsDoNotMatter() throws {
    let (_, expected) = try Self.uninterrupted(tinySpec())
    let folder = try Folder()
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    _ = try Program.run("run", spec, "--workspace", folder.path + "/work", "--threads", "1")
    #expect(try PipelineResults(workspace: folder.path + "/work") == expected)
  }

  @Test func raisingACountAppends() throws {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    try Self.runPipeline(tinySpec(train: 480), in: workspace)
    let before = try PipelineResults(workspace: workspace)
    try Self.runPipeline(tinySpec(train: 700), in: workspace)
    let after = try PipelineResults(workspace: workspace)
    for (name, content) in before.files where name.hasPrefix("shards/") { #expect(after.files[name] == content) }
    #expect(after.files.keys.filter { $0.hasPrefix("shards/train") }.count > 5)
    #expect(after.files["model.safetensors"] != before.files["model.safetensors"])
    #expect(try sqlite(workspace + "/catalog.sqlite", "SELECT count(*) FROM sample WHERE split = 'train'") == "700\n")
  }

  @Test func aChangedSpecDrawsAnew() throws {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    try Self.runPipeline(tinySpec(), in: workspace)
    let (_, expected) = try Self.uninterrupted(tinySpec(extra: "seed: 2"))
    try Self.runPipeline(tinySpec(extra: "seed: 2"), in: workspace)
    #expect(try PipelineResults(workspace: workspace) == expected)
  }

  /// A shard that is lost or damaged is drawn again; the sound ones stay.
  @Test func aLostShardIsDrawnAgain() throws {
    let (folder, expected) = try Self.uninterrupted(tinySpec())
    let workspace = folder.path + "/work"
    try FileManager.default.removeItem(atPath: workspace + "/shards/train-00001.shard.zst")
    let other = workspace + "/shards/test-00000.shard.zst"
    try #require(FileManager.default.contents(atPath: other)).dropLast(5).write(to: URL(filePath: other))
    try Self.runPipeline(tinySpec(), in: workspace)
    #expect(try PipelineResults(workspace: workspace) == expected)
  }

  /// Changes a byte in the middle of a file.
  private static func damage(_ path: String) throws {
    var content = try #require(FileManager.default.contents(atPath: path))
    content[content.count / 2] ^= 0x5A
    try content.write(to: URL(filePath: path))
  }

  /// A changed byte is noticed even where every byte makes a number.
  @Test(arguments: [["model.safetensors"], ["checkpoints/step-000000060.safetensors", "model.safetensors"]])
  func damagedWeightsAreMadeAgain(files: [String]) throws {
    let (folder, expected) = try Self.uninterrupted(tinySpec())
    let workspace = folder.path + "/work"
    for file in files { try Self.damage(workspace + "/" + file) }
    try Self.runPipeline(tinySpec(), in: workspace)
    #expect(try PipelineResults(workspace: workspace) == expected)
  }

  /// A damaged block of a file that has changed is drawn again; `train` alone stops there, and its advice helps.
  @Test(arguments: [true, false]) func aDamagedBlockIsDrawnAgain(byRepair: Bool) throws {
    let (folder, expected) = try Self.uninterrupted(tinySpec())
    let workspace = folder.path + "/work"
    let shard = workspace + "/shards/train-00001.shard.zst"
    try Self.damage(shard)
    try FileManager.default.removeItem(atPath: workspace + "/model.safetensors")
    for file in expected.files.keys where file.hasPrefix("checkpoints/") {
      try FileManager.default.removeItem(atPath: workspace + "/" + file)
    }
    if byRepair {
      let spec = try folder.write(tinySpec(), as: "spec.yaml")
      let outcome = try Program.run("train", spec, "--workspace", workspace)
      #expect(outcome.exitCode == 65)
      #expect(outcome.errors.contains(shard) && outcome.errors.contains("glyphline repair"), "\(outcome.errors)")
      #expect(try Program.run("repair", spec, "--workspace", workspace).exitCode == 0)
    }
    try Self.runPipeline(tinySpec(), in: workspace)
    #expect(try PipelineResults(workspace: workspace) == expected)
  }
}
