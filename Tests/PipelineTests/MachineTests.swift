import Foundation
import Testing
import crashtest

/// What the program takes from the system it runs on.
@Suite struct MachineTests {
  @Test func oneThreadForEachCPUThatTheProcessMayUse() throws {
    let folder = try Folder()
    _ = try folder.write(tinySpec(), as: "spec.yaml")
    let outcome = try Program.shell("taskset -c 0 \"$glyphline\" build spec.yaml --workspace work", in: folder)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try sqlite(folder.path + "/work/catalog.sqlite", "SELECT threads FROM run") == "1\n")
  }

  @Test func nohupKeepsItRunning() throws {
    let folder = try Folder()
    _ = try folder.write(tinySpec(train: 3200), as: "spec.yaml")
    let script = """
      nohup "$glyphline" build spec.yaml --workspace work & pid=$!
      while kill -0 $pid && ! [ -e work/shards/train-00002.shard.zst ]; do :; done
      kill -HUP $pid
      wait $pid
      """
    let outcome = try Program.shell(script, in: folder)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
  }
}
