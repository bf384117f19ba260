import Foundation
import Testing
import crashtest

/// What the program takes from the system it runs on.
@Suite struct MachineTests {
  @Test func oneThreadForEachCPUThatTheProcessMayUse() throws {
    let folder = try Folder()
    _ = try folder.write(tinySpec(), as: "spec.yaml")
    let outcome = try Program.shell("taskset -c 0 \"$glyphline\" build spec.yaml --workspace results", in: folder)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try sqlite(folder.path + "/results/catalog.sqlite", "SELECT threads FROM run") == "1\n")
  }

  /// `nohup` starts the program with SIGHUP ignored.
  @Test func nohupKeepsItRunning() throws {
    let folder = try Folder()
    let spec = try folder.write(tinySpec(train: 3200), as: "spec.yaml")
    let workspace = folder.path + "/results"
    let shard = workspace + "/shards/train-00002.shard.zst"
    let outcome = try Program.stop(
      by: SIGHUP, when: { FileManager.default.fileExists(atPath: shard) }, under: "nohup",
      "build", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
  }
}
