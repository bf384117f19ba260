import Foundation
import Testing
import crashtest

/// What a person sees: results, views, and one clear message with the right exit code where something is wrong. One after
/// the other: commands that write lock the workspace they share.
@Suite(.serialized) struct ProgramTests {
  private static let finished = finishedPipeline

  private struct Accuracy: Decodable {
    let evaluation: Int
    let split: String
    let images: Int
    let exact: Int
    let accuracy: Double
    let low95: Double
    let high95: Double
    let characterAccuracy: Double
    let caseFoldedAccuracy: Double
  }

  @Test func evaluationIsInTheCatalog() throws {
    let (_, spec, workspace) = try Self.finished.get()
    let outcome = try Program.run("eval", spec, "--workspace", workspace, "--json")
    let report = try snakeCaseDecoder.decode(Accuracy.self, from: Data(outcome.output.utf8))
    #expect(report.split == "test" && report.images == 60)
    #expect(report.low95 <= report.accuracy && report.accuracy <= report.high95)
    #expect(report.accuracy == Double(report.exact) / 60)
    let catalog = workspace + "/catalog.sqlite"
    #expect(try sqlite(catalog, "SELECT sum(count) FROM confusion") == "120\n")
    #expect(try sqlite(catalog, "SELECT exact FROM image_accuracy") == "\(report.exact)\n")
    #expect(try sqlite(catalog, "SELECT count(*) FROM mistakes") == "\(60 - report.exact)\n")
    let fromPredictions = """
      SELECT count(*) FROM (
        SELECT position - 1, substr(label, position, 1), substr(predicted, position, 1), count(*)
        FROM prediction JOIN sample USING (split, sample_index), (SELECT 1 AS position UNION SELECT 2)
        GROUP BY 1, 2, 3
        EXCEPT SELECT position, truth, predicted, count FROM confusion)
      """
    #expect(try sqlite(catalog, fromPredictions) == "0\n")
    for view in [
      "image_accuracy", "confusion_matrix", "confused_pairs", "character_accuracy", "position_accuracy", "mistakes",
      "learning_curve", "calibration",
    ] {
      #expect(try sqlite(catalog, "SELECT * FROM \(view) LIMIT 1") != "", "\(view)")
    }
  }

  @Test func reportIsWritten() throws {
    let (folder, spec, workspace) = try Self.finished.get()
    let path = folder.path + "/page.html"
    let outcome = try Program.run("report", spec, "--workspace", workspace, "--out", path)
    #expect(outcome.exitCode == 0 && outcome.output == path + "\n", "\(outcome.errors)")
    let page = try String(contentsOfFile: path, encoding: .utf8)
    #expect(page.contains("image accuracy"))
    #expect(page.contains("checkpoint_every: 8"), "the spec is shown word for word")
    #expect(FileManager.default.fileExists(atPath: workspace + "/report.html"))
    let early = try Program.run("report", spec, "--workspace", folder.path + "/nothing")
    #expect(early.exitCode == 66 && early.errors.contains("glyphline run"), "\(early.errors)")
  }

  @Test func nothingIsDoneTwice() throws {
    let (_, spec, workspace) = try Self.finished.get()
    let outcome = try Program.run("run", spec, "--workspace", workspace)
    #expect(outcome.errors.components(separatedBy: "done already").count == 6, "\(outcome.errors)")
    let status = try Program.run("status", spec, "--workspace", workspace)
    #expect(status.output.components(separatedBy: " done ").count == 6, "\(status.output)")
    #expect(!status.output.contains("to go on") && !status.output.contains("\u{1B}"))
    let other = try Program.run("status", spec, "--workspace", workspace + "-none")
    #expect(other.output.contains("run \(spec) --workspace \(workspace)-none"), "\(other.output)")
  }

  /// What a model read is no news of the one that the spec now asks for.
  @Test func anotherTrainingAsksForAnotherEvaluation() throws {
    let (folder, _, workspace) = try Self.finished.get()
    let other = try folder.write(tinySpec().replacing("epochs: 2", with: "epochs: 3"), as: "other.yaml")
    let status = try Program.run("status", other, "--workspace", workspace)
    #expect(status.output.components(separatedBy: " stale ").count == 4, "\(status.output)")
    let export = try Program.run(
      "export", "images", other, "--workspace", workspace, "--split", "validation", "--out", folder.path + "/images")
    #expect(export.exitCode == 65 && export.errors.contains("train, test"), "\(export.errors)")
  }

  /// `script` gives the program a terminal.
  @Test(arguments: [("NO_COLOR=", true), ("NO_COLOR=1", false), ("NO_COLOR= TERM=dumb", false)])
  func coloursAreForTerminals(setting: String, isColoured: Bool) throws {
    let (folder, spec, workspace) = try Self.finished.get()
    let outcome = try Program.shell(
      "TERM=xterm \(setting) script -qec \"$glyphline status '\(spec)' --workspace '\(workspace)'\" /dev/null",
      in: folder)
    #expect(outcome.output.contains("\u{1B}[32mdone") == isColoured, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("evaluate test"))
  }

  @Test func storedImagesAreReadAsInTheEvaluation() throws {
    let (folder, _, workspace) = try Self.finished.get()
    let rows = try sqlite(
      workspace + "/catalog.sqlite",
      "SELECT record, label, predicted FROM prediction JOIN sample USING (split, sample_index) ORDER BY record LIMIT 5")
    for row in rows.split(separator: "\n") {
      let values = row.split(separator: "|").map(String.init)
      let png = folder.path + "/\(values[1])_\(values[0]).png"
      let inspection = try Program.run(
        "inspect", workspace + "/shards/test-00000.shard.zst", "--record", values[0], "--png", png)
      #expect(inspection.exitCode == 0 && inspection.output.hasPrefix(values[1]), "\(inspection.errors)")
      let prediction = try Program.run("predict", "--model", workspace + "/model.safetensors", png)
      #expect(prediction.output.contains("\t\(values[2])\t"), "\(prediction.output)\(prediction.errors)")
    }
  }

  @Test func zstandardReadsShards() throws {
    let (_, _, workspace) = try Self.finished.get()
    struct Shard: Decodable { let contentByteCount: Int }
    let shard = workspace + "/shards/train-00004.shard.zst"
    let outcome = try Program.run("inspect", shard, "--json")
    let byteCount = try snakeCaseDecoder.decode(Shard.self, from: Data(outcome.output.utf8)).contentByteCount
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "zstd -qt '\(shard)' && test $(zstd -dc '\(shard)' | wc -c) = \(byteCount)"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test(arguments: [
    ("", 65, "empty"), ("- a\n- b", 65, "spec.yaml"), (": [", 65, "spec.yaml"),
    (tinySpec(extra: "colour: gray"), 65, "colour"), (tinySpec(train: 0), 65, "datasets.train.count"),
    (tinySpec(train: -5), 65, "datasets.train.count"),
    (tinySpec().replacing("charset: digits", with: "charset: ''"), 65, "captcha.charset"),
    (tinySpec().replacing("charset: digits", with: "charset: aba"), 65, "captcha.charset"),
    (tinySpec().replacing("length: 2", with: "length: two"), 65, "captcha.length"),
    (tinySpec().replacing("charset: digits", with: "charset: ab\u{4E2D}"), 65, "\u{4E2D}"),
    (tinySpec().replacing("length: 2", with: "length: 2, font: No Such Font"), 66, "No Such Font"),
  ])
  func rejectsSpecs(yaml: String, exitCode: Int32, message: String) throws {
    let folder = try Folder()
    let spec = try folder.write(yaml, as: "spec.yaml")
    let outcome = try Program.run("run", spec, "--workspace", folder.path + "/work")
    #expect(outcome.exitCode == exitCode)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
  }

  @Test func rejectsMissingFiles() throws {
    let folder = try Folder()
    #expect(try Program.run("run", folder.path + "/none.yaml").exitCode == 66)
    #expect(try Program.run("predict", "--model", folder.path + "/none", folder.path + "/none.png").exitCode == 66)
    #expect(try Program.run("inspect", folder.path + "/none").exitCode == 66)
    #expect(try Program.run("predict").exitCode == 64)
  }

  @Test func rejectsImages() throws {
    let (folder, _, workspace) = try Self.finished.get()
    let model = workspace + "/model.safetensors"
    let png = folder.path + "/sound.png"
    _ = try Program.run("inspect", workspace + "/shards/test-00000.shard.zst", "--record", "0", "--png", png)
    let sound = try #require(FileManager.default.contents(atPath: png))
    var huge = sound
    for (offset, byte) in [0, 0, 0x4E, 0x20, 0, 0, 0x4E, 0x20].enumerated() { huge[16 + offset] = UInt8(byte) }
    for (name, content) in [
      ("truncated", sound.prefix(sound.count / 2)), ("empty", Data()), ("text", Data("no picture".utf8)),
      ("huge", huge),
    ] {
      let path = try folder.write(content, as: name + ".png")
      let outcome = try Program.run("predict", "--model", model, path)
      #expect(outcome.exitCode == 65, "\(name): \(outcome.errors)")
      #expect(outcome.errors.contains(path), "\(outcome.errors)")
    }
  }

  @Test func rejectsModels() throws {
    let (folder, _, workspace) = try Self.finished.get()
    let model = try #require(FileManager.default.contents(atPath: workspace + "/model.safetensors"))
    let short = try folder.write(model.prefix(model.count / 2), as: "short.safetensors")
    #expect(try Program.run("predict", "--model", short, short).exitCode == 65)
    let letters = tinySpec().replacing("charset: digits", with: "charset: upper")
    let spec = try folder.write(letters, as: "letters.yaml")
    #expect(try Program.run("build", spec, "--workspace", folder.path + "/letters").exitCode == 0)
    let outcome = try Program.run(
      "eval", spec, "--workspace", folder.path + "/letters", "--model", workspace + "/model.safetensors")
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("0123456789") && outcome.errors.contains("ABC"), "\(outcome.errors)")
  }

  @Test func rejectsSplitsThatTheSpecDoesNotDraw() throws {
    let (_, spec, workspace) = try Self.finished.get()
    for command in ["build", "eval"] {
      let outcome = try Program.run(command, spec, "--workspace", workspace, "--split", "validation")
      #expect(outcome.exitCode == 65 && outcome.errors.contains("datasets.validation"), "\(outcome.errors)")
    }
  }

  @Test func rejectsADamagedCatalog() throws {
    let folder = try Folder()
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    #expect(try Program.run("build", spec, "--workspace", folder.path).exitCode == 0)
    let catalog = folder.path + "/catalog.sqlite"
    var content = try #require(FileManager.default.contents(atPath: catalog))
    for place in content.count / 4..<content.count { content[place] = 0x5A }
    _ = try folder.write(content, as: "catalog.sqlite")
    let outcome = try Program.run("run", spec, "--workspace", folder.path)
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("`glyphline reindex`"), "\(outcome.errors)")
  }

  /// A result that could not be written is no success; who only watches may leave.
  @Test func standardStreamsMayBeFullOrClosed() throws {
    let folder = try Folder()
    _ = try folder.write(tinySpec(), as: "spec.yaml")
    // The workspace's name has one letter, which made Foundation's path functions trap.
    let build = "$glyphline build spec.yaml --workspace w"
    #expect(try Program.shell("\(build) 2> /dev/full", in: folder).exitCode == 0)
    let status = try Program.shell("$glyphline status spec.yaml --workspace w > /dev/full", in: folder)
    #expect(status.exitCode == 74 && status.errors.contains("standard output"), "\(status.errors)")
    #expect(try Program.shell("$glyphline build spec.yaml --workspace v <&- >&- 2>&-", in: folder).exitCode == 74)
    let difference = try Program.shell("diff -r w/shards v/shards", in: folder)
    #expect(difference.exitCode == 0, "\(difference.output)")
  }

  @Test func writesNoPictureOverADevice() throws {
    let (folder, _, workspace) = try Self.finished.get()
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for (path, exitCode) in [(pipe, 73), (folder.path + "/nowhere/a.png", 73)] as [(String, Int32)] {
      let outcome = try Program.run(
        "inspect", workspace + "/shards/test-00000.shard.zst", "--record", "0", "--png", path)
      #expect(outcome.exitCode == exitCode && outcome.errors.contains(path), "\(outcome.errors)")
    }
    var status = stat()
    #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test func rejectsAForeignCatalog() throws {
    let folder = try Folder()
    let spec = try folder.write(tinySpec(), as: "spec.yaml")
    _ = try folder.write("this is no database, and long enough to be read as one", as: "catalog.sqlite")
    let outcome = try Program.run("run", spec, "--workspace", folder.path)
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("catalog.sqlite"), "\(outcome.errors)")
  }
}

/// The program's JSON has its keys in snake case.
var snakeCaseDecoder: JSONDecoder {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return decoder
}
