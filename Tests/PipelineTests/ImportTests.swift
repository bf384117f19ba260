import Foundation
import Images
import Samples
import Testing
import crashtest

/// Labelled image files as a split of a pipeline.
@Suite struct ImportTests {
  private let folder: Folder
  private let model: String
  /// The finished pipeline's test split, as a folder of 60 PNG files.
  private let images: String
  /// The same task, whose test split is imported.
  private let spec: String

  init() throws {
    let (_, drawnSpec, workspace) = try finishedPipeline.get()
    folder = try Folder()
    model = workspace + "/model.safetensors"
    images = folder.path + "/images"
    let export = try Program.run(
      "export", "images", drawnSpec, "--workspace", workspace, "--split", "test", "--out", images)
    #expect(export.exitCode == 0, "\(export.errors)")
    let text = tinySpec().replacing("test: {count: 60}", with: "test: imported").replacing(
      "records: 100", with: "records: 16")
    spec = try folder.write(text, as: "spec.yaml")
  }

  private var workspace: String { folder.path + "/work" }

  private func importTest(_ source: String, _ options: String..., to workspace: String? = nil) throws -> Program.Outcome
  {
    try Program.run(
      ["import", source, "--into", spec, "--split", "test", "--workspace", workspace ?? self.workspace] + options)
  }

  private static func anImage(in folder: String) throws -> String {
    try #require(FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".png") })
  }

  private func exact(of spec: String, in workspace: String) throws -> Int {
    struct Report: Decodable { let exact: Int }
    let outcome = try Program.run("eval", spec, "--workspace", workspace, "--model", model, "--json")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)).exact
  }

  @Test(arguments: [true, false]) func importedImagesAreReadAsDrawnOnes(byName: Bool) throws {
    let (_, _, drawnWorkspace) = try finishedPipeline.get()
    if byName { try FileManager.default.removeItem(atPath: images + "/labels.csv") }
    let outcome = try importTest(images)
    #expect(outcome.exitCode == 0 && outcome.output == "test: 60 images\n", "\(outcome.errors)")
    let drawn = try sqlite(drawnWorkspace + "/catalog.sqlite", "SELECT exact FROM image_accuracy LIMIT 1")
    #expect(try "\(exact(of: spec, in: workspace))\n" == drawn)
    #expect(try sqlite(workspace + "/catalog.sqlite", "SELECT count(*), max(seed) FROM sample") == "60|0\n")
    let status = try Program.run("status", spec, "--workspace", workspace)
    #expect(status.output.contains("build test"), "\(status.output)")
    let again = try importTest(images)
    #expect(again.errors.contains("done already"), "\(again.errors)")
    let shard = workspace + "/shards/test-00000.shard.zst"
    let redrawn = try Program.run("inspect", shard, "--record", "0", "--redraw", spec)
    #expect(redrawn.exitCode == 65 && redrawn.errors.contains("imported"), "\(redrawn.errors)")
  }

  @Test func anInterruptedImportGoesOn() throws {
    let whole = folder.path + "/whole"
    #expect(try importTest(images, to: whole).exitCode == 0)
    let shard = workspace + "/shards/test-00001.shard.zst"
    _ = try Program.kill(
      when: { FileManager.default.fileExists(atPath: shard) }, "import", images, "--into", spec, "--split", "test",
      "--workspace", workspace)
    #expect(try importTest(images).exitCode == 0)
    #expect(try PipelineResults(workspace: workspace) == PipelineResults(workspace: whole))
  }

  /// Of a lost catalog, the shards tell what was imported.
  @Test func theIndexIsMadeAgainFromTheShards() throws {
    #expect(try importTest(images).exitCode == 0)
    let rows = try sqlite(
      workspace + "/catalog.sqlite", "SELECT * FROM sample; SELECT * FROM stage WHERE name = 'build test'")
    try FileManager.default.removeItem(atPath: workspace + "/catalog.sqlite")
    let outcome = try Program.run("reindex", spec, "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(
      try sqlite(workspace + "/catalog.sqlite", "SELECT * FROM sample; SELECT * FROM stage WHERE name = 'build test'")
        == rows)
  }

  @Test func badFilesAreNamedAndLeftOutOnlyIfAsked() throws {
    try FileManager.default.removeItem(atPath: images + "/labels.csv")
    let image = try #require(FileManager.default.contents(atPath: images + "/" + ImportTests.anImage(in: images)))
    for (name, content) in [
      ("12_empty.png", Data()), ("34_text.jpg", Data("no picture".utf8)), ("_x.png", image), ("A1_a.png", image),
      ("123_a.png", image),
    ] {
      try content.write(to: URL(filePath: images + "/" + name))
    }
    let refused = try importTest(images)
    #expect(refused.exitCode == 65)
    for message in [
      "12_empty.png is empty", "34_text.jpg is not an image", "_x.png: it has no label",
      "A1_a.png: its label 'A1' has 'A', which is not in the spec's charset",
      "123_a.png: its label '123' has 3 characters",
      "5 of 65", "--skip-bad",
    ] {
      #expect(refused.errors.contains(message), "\(message) in \(refused.errors)")
    }
    #expect(try sqlite(workspace + "/catalog.sqlite", "SELECT count(*) FROM sample, stage") == "0\n")
    let skipping = try importTest(images, "--skip-bad")
    #expect(skipping.exitCode == 0 && skipping.output == "test: 60 images, 5 files left out\n", "\(skipping.errors)")
  }

  @Test func whereNoFileIsGoodNothingIsImported() throws {
    let table = try folder.write("file,label\n00_a.png,12\nimages/none.png,\n", as: "table.csv")
    let outcome = try importTest(table, "--skip-bad")
    #expect(outcome.exitCode == 65 && !outcome.errors.contains("--skip-bad"), "\(outcome.errors)")
    for message in ["00_a.png: No such file", "none.png: the table gives it no label", "none of the 2 files"] {
      #expect(outcome.errors.contains(message), "\(message) in \(outcome.errors)")
    }
  }

  @Test func tablesMustHaveTheirColumns() throws {
    let table = try folder.write("file,name\na.png,12\n", as: "table.csv")
    let outcome = try importTest(table)
    #expect(outcome.exitCode == 65 && outcome.errors.contains("columns file, name"), "\(outcome.errors)")
    let empty = folder.path + "/empty"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    #expect(try importTest(empty).exitCode == 66)
    #expect(try importTest(folder.path + "/nowhere").exitCode == 66)
  }

  @Test func whatIsImportedIsNotDrawn() throws {
    let early = try Program.run("run", spec, "--workspace", workspace)
    #expect(early.exitCode == 66 && early.errors.contains("glyphline import"), "\(early.errors)")
    let (_, drawnSpec, _) = try finishedPipeline.get()
    let outcome = try Program.run(
      "import", images, "--into", drawnSpec, "--split", "test", "--workspace", folder.path + "/other")
    #expect(outcome.exitCode == 65 && outcome.errors.contains("test: imported"), "\(outcome.errors)")
  }

  @Test func trainingGoesOnFromAModel() throws {
    try FileManager.default.removeItem(atPath: images + "/labels.csv")
    let tuning = try folder.write(
      tinySpec(name: "tuning").replacing("{train: {count: 480}, test: {count: 60}}", with: "{train: imported}"),
      as: "tuning.yaml")
    let outcome = try Program.run("import", images, "--into", tuning, "--split", "train", "--workspace", workspace)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let first = try Program.run("train", tuning, "--workspace", workspace, "--from", model)
    #expect(first.exitCode == 0, "\(first.errors)")
    let loss = try sqlite(workspace + "/catalog.sqlite", "SELECT loss FROM metric WHERE step = 1")
    // What the base model has learned shows in the first step: an untrained one is near ln 10 = 2.3.
    #expect(try #require(Double(loss.dropLast())) < 2.2, "\(loss)")
    // The initial weights stay part of what is asked for.
    let again = try Program.run("run", tuning, "--workspace", workspace)
    #expect(again.errors.components(separatedBy: "done already").count == 3, "\(again.errors)")
    let letters = try folder.write(
      tinySpec().replacing("charset: digits", with: "charset: upper"), as: "letters.yaml")
    #expect(try Program.run("build", letters, "--workspace", folder.path + "/letters").exitCode == 0)
    let misfit = try Program.run(
      "train", letters, "--workspace", folder.path + "/letters", "--from", model)
    #expect(misfit.exitCode == 65 && misfit.errors.contains("does not fit"), "\(misfit.errors)")
  }
}
