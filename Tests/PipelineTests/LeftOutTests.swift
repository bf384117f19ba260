import Foundation
import Shards
import Testing
import crashtest

/// Damaged blocks stop training and evaluation, or are left out where the spec says so, and the catalog tells.
@Suite struct LeftOutTests {
  /// Damages block `number` of a shard.
  private func damage(_ path: String, block number: Int) throws {
    let reader = try ShardReader(path)
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seek(toOffset: UInt64(reader.seekTable.offsets[number + 2] - 1))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(reader.seekTable.offsets[number + 2] - 1))
    try file.write(contentsOf: [byte ^ 1])
    try file.close()
  }

  @Test func areSkippedWhereTheSpecSaysSo() throws {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    #expect(try Program.run("build", spec, "--workspace", workspace).exitCode == 0)
    try damage(workspace + "/shards/train-00001.shard.zst", block: 2)
    try damage(workspace + "/shards/test-00000.shard.zst", block: 0)
    let stopped = try Program.run("train", spec, "--workspace", workspace)
    #expect(stopped.exitCode == 65 && stopped.errors.contains("train-00001.shard.zst: frame 3 at byte"))
    #expect(stopped.errors.contains("on_corrupt: skip") && stopped.errors.contains("glyphline repair"))

    let skipping = try folder.write(
      tinySpec().replacing("block: 16}", with: "block: 16, on_corrupt: skip}"), as: "skipping.yaml")
    let outcome = try Program.run("run", skipping, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.components(separatedBy: "leaving out 16 samples").count == 3, "\(outcome.errors)")
    let catalog = workspace + "/catalog.sqlite"
    #expect(
      try sqlite(catalog, "SELECT stage, split, shard, block, first_record, records FROM left_out") == """
        evaluate test|test|0|0|0|16
        train|train|1|2|32|16

        """)
    #expect(try sqlite(catalog, "SELECT images FROM image_accuracy") == "44\n")
    #expect(
      try sqlite(
        catalog, "SELECT count(*) FROM mistakes JOIN sample USING (split, sample_index) WHERE sample.record < 16")
        == "0\n")
    // Nothing of it is done twice.
    let again = try Program.run("run", skipping, "--workspace", workspace)
    #expect(again.exitCode == 0 && again.errors.contains("on 44 images"), "\(again.errors)")

    // Once they are mended, the evaluation is made anew with all images; the model was still not trained on some.
    #expect(try Program.run("repair", skipping, "--workspace", workspace).exitCode == 0)
    #expect(
      try Program.run("status", skipping, "--workspace", workspace).output.contains("the evaluation is not finished"))
    #expect(try Program.run("run", skipping, "--workspace", workspace).exitCode == 0)
    #expect(try sqlite(catalog, "SELECT stage FROM left_out") == "train\n")
    #expect(try sqlite(catalog, "SELECT images FROM image_accuracy LIMIT 1") == "60\n")
    #expect(try String(contentsOfFile: workspace + "/report.html", encoding: .utf8).contains("of 60 images"))
  }
}
