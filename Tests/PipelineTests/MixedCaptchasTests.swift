import Foundation
import Generator
import Testing
import crashtest

/// Colors, texts of several lengths and charsets, and several fonts, from the spec to the evaluation.
@Suite struct MixedCaptchasTests {
  private static let spec = """
    name: mix
    captcha:
      - {charset: "321", length: [1, 3], width: 64, height: 32, color: rgb, weight: 2}
      - {charset: "3äΩ", length: 2, width: 64, height: 32, color: rgb, font: [Noto Mono, ./font.ttf]}
    datasets: {train: {count: 480}, test: {count: 60}}
    shards: {records: 100, block: 16}
    training: {batch: 16, epochs: 2, checkpoint_every: 8}
    """

  /// A folder with the spec and its font.
  private func prepare() throws -> (folder: Folder, spec: String, font: String) {
    let folder = try Folder()
    let font = folder.path + "/font.ttf"
    try FileManager.default.copyItem(atPath: FontFile.find("Noto Mono").path, toPath: font)
    let spec = try folder.write(Self.spec.replacing("./font.ttf", with: font), as: "spec.yaml")
    return (folder, spec, font)
  }

  @Test func learningFromAMixIsMeasured() throws {
    let (folder, spec, _) = try prepare()
    let outcome = try Program.run("bench", "train", spec, "--workspace", folder.path + "/work")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("train: "))
  }

  @Test func aMixIsDrawnLearnedAndRead() throws {
    let (folder, spec, _) = try prepare()
    let workspace = folder.path + "/work"
    let outcome = try Program.run("run", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let catalog = workspace + "/catalog.sqlite"
    func answer(_ query: String) throws -> String { try sqlite(catalog, query) }
    #expect(
      try answer(
        "SELECT DISTINCT characters, length(label) FROM sample JOIN charset ON charset = charset.id ORDER BY 1, 2")
        == "321|1\n321|2\n321|3\n3äΩ|2\n")
    #expect(try answer("SELECT position, sum(count) FROM confusion GROUP BY position") == "0|60\n1|60\n2|60\n")
    #expect(
      try answer("SELECT sum(count) FROM confusion WHERE truth = '' AND position = 2")
        == answer("SELECT count(*) FROM sample WHERE split = 'test' AND length(label) < 3"))
    let fromPredictions = """
      SELECT position - 1, substr(label, position, 1), substr(predicted, position, 1), count(*)
      FROM prediction JOIN sample USING (split, sample_index), (SELECT 1 AS position UNION SELECT 2 UNION SELECT 3)
      GROUP BY 1, 2, 3
      """
    #expect(
      try answer(
        "SELECT count(*) FROM (\(fromPredictions) EXCEPT SELECT position, truth, predicted, count FROM confusion)")
        == "0\n")
    #expect(
      try answer("SELECT total(count) FROM character_accuracy WHERE character <> ''")
        == answer("SELECT total(length(label)) FROM sample WHERE split = 'test'"))

    // A stored image is drawn again from its seed, and the model reads it as it did.
    let shard = workspace + "/shards/test-00000.shard.zst"
    let png = folder.path + "/image.png"
    let inspection = try Program.run("inspect", shard, "--record", "5", "--png", png, "--redraw", spec)
    #expect(inspection.exitCode == 0, "\(inspection.errors)")
    let reading = try Program.run("predict", "--model", workspace + "/model.safetensors", png)
    let predicted = try answer("SELECT predicted FROM prediction WHERE sample_index = 5").dropLast()
    #expect(reading.output.hasPrefix("\(png)\t\(predicted)\t"), "\(reading.output)")
  }

  /// Samples of two fonts never stand side by side: a file that changed under its name makes the split stale.
  @Test func anotherFontFileIsNoticed() throws {
    let (folder, spec, font) = try prepare()
    let workspace = folder.path + "/work"
    #expect(try Program.run("build", spec, "--workspace", workspace, "--split", "test").exitCode == 0)
    // The same glyphs in another file.
    try Data(FileManager.default.contents(atPath: font).map { $0 + [0] } ?? Data()).write(to: URL(filePath: font))
    let more = try folder.write(
      String(contentsOfFile: spec, encoding: .utf8).replacing("test: {count: 60}", with: "test: {count: 160}"),
      as: "spec.yaml")
    let status = try Program.run("status", more, "--workspace", workspace)
    #expect(status.output.contains("font file \(font): "), "\(status.output)")
    let outcome = try Program.run("build", more, "--workspace", workspace, "--split", "test")
    #expect(outcome.errors.contains("(font file \(font): "), "\(outcome.errors)")
    #expect(outcome.errors.contains("160 samples drawn"), "\(outcome.errors)")
  }

  /// Nor do samples of two versions of FreeType.
  @Test func anotherFreeTypeIsNoticed() throws {
    let (folder, spec, _) = try prepare()
    let workspace = folder.path + "/work"
    #expect(try Program.run("build", spec, "--workspace", workspace, "--split", "test").exitCode == 0)
    _ = try sqlite(
      workspace + "/catalog.sqlite",
      "UPDATE stage SET content_hash = 'of 1.0.0', spec = replace(spec, 'FreeType version=', 'FreeType version=1.0.0 not ')"
    )
    let outcome = try Program.run("build", spec, "--workspace", workspace, "--split", "test")
    #expect(outcome.errors.contains("(FreeType version: 1.0.0 not "), "\(outcome.errors)")
  }
}
