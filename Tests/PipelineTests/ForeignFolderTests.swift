import Foundation
import Testing
import crashtest

/// Folders and tables as people bring them: every file is imported, or named with the reason.
@Suite struct ForeignFolderTests {
  private let folder: Folder
  private let spec: String

  init() throws {
    folder = try Folder()
    spec = try folder.write(
      """
      name: foreign
      captcha: {charset: digits+upper, length: 4}
      datasets: {train: imported, test: imported}
      """, as: "spec.yaml")
  }

  private struct Report: Decodable {
    struct Named: Decodable, Equatable {
      let file: String
      let reason: String?
      let remark: String?
    }
    let images: Int
    let samples: Int
    let skipped: [String]
    let passedOver: [Named]
    let remarks: [Named]
  }

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// A folder `name` with these captchas of the mixed types, each under a name of its own.
  private func images(_ names: [String: String], as name: String) throws -> String {
    let path = folder.path + "/" + name
    for (name, source) in names {
      let file = URL(filePath: path + "/" + name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: Self.fixtures.appending(path: "mixed-types/" + source), to: file)
    }
    return path
  }

  /// - Parameter workspace: A name for the folder of results.
  private func importing(
    _ source: String, _ options: String..., split: String = "train", spec: String? = nil, workspace: String = "results"
  ) throws -> Program.Outcome {
    try Program.run(
      ["import", source, "--into", spec ?? self.spec, "--split", split, "--workspace", folder.path + "/" + workspace]
        + options)
  }

  private func report(of outcome: Program.Outcome) throws -> Report {
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    return try snakeCaseDecoder.decode(Report.self, from: Data(outcome.output.utf8))
  }

  private func labels(_ split: String = "train", workspace: String = "results") throws -> [Substring] {
    try sqlite(
      folder.path + "/\(workspace)/catalog.sqlite",
      "SELECT label FROM sample WHERE split = '\(split)' ORDER BY sample_index"
    ).split(separator: "\n")
  }

  @Test func everyKindOfImageIsImported() throws {
    let outcome = try importing(Self.fixtures.path() + "/mixed-types")
    #expect(outcome.exitCode == 0 && outcome.output == "train: 11 images\n", "\(outcome.output)\(outcome.errors)")
    #expect(!outcome.errors.contains("passed over"), "\(outcome.errors)")
  }

  @Test func whatIsNoImageIsNamed() throws {
    let source = try images(
      ["57Q4_01.png": "57Q4_01.png", "more/MAS4_00": "MAS4_00.png", "more/.ZE36.png": "ZE36_02.png"], as: "mixed")
    for (name, content) in ["._57Q4_01.png": "\u{0}\u{5}\u{16}\u{7}", "notes.txt": "text", "Thumbs.db": ""] {
      _ = try folder.write(content, as: "mixed/" + name)
    }
    try FileManager.default.createSymbolicLink(atPath: source + "/loop", withDestinationPath: source)
    #expect(mkfifo(source + "/pipe.png", 0o600) == 0)
    let outcome = try importing(source, "--json")
    let report = try report(of: outcome)
    #expect(report.images == 2 && report.samples == 2)
    #expect(
      Set(report.passedOver.map { "\($0.file.dropFirst(source.count + 1)): \($0.reason ?? "")" }) == [
        "._57Q4_01.png: hidden", "more/.ZE36.png: hidden", "loop: link to a folder",
        "pipe.png: pipe, socket or device", "notes.txt: no image", "Thumbs.db: no image",
      ])
    #expect(outcome.errors.contains("passed over 2 files that are not images: "), "\(outcome.errors)")
    #expect(try labels() == ["57Q4", "MAS4"])
  }

  @Test func imagesThatTheTableDoesNotListAreNamed() throws {
    let source = try images(
      ["57Q4_01.png": "57Q4_01.png", "MAS4_00.png": "MAS4_00.png", "sub/ZE36.png": "ZE36_02.png"], as: "listed")
    // Lines end with a carriage return alone, as in old spreadsheets.
    _ = try folder.write("file,label\rMAS4_00.png,MAS4\r./sub/ZE36.png,AAAA\r", as: "listed/labels.csv")
    let report = try report(of: importing(source, "--json"))
    #expect(report.passedOver == [.init(file: source + "/57Q4_01.png", reason: "not in labels.csv", remark: nil)])
    #expect(try labels() == ["MAS4", "AAAA"])
  }

  @Test func namesAreBytes() throws {
    let source = try images(["A": "57Q4_01.png", "B": "MAS4_00.png", "C": "ZE36_02.png"], as: "names")
    for (name, bytes) in [("A", "57Q4_\u{E9}.png"), ("B", "\u{E9}_1.png"), ("C", "ZE36_\n.png")] {
      // Latin-1: each character is one byte.
      let path = Array((source + "/").utf8) + bytes.unicodeScalars.map { UInt8($0.value) } + [0]
      #expect(
        path.withUnsafeBytes { rename(source + "/" + name, $0.baseAddress!.assumingMemoryBound(to: CChar.self)) } == 0)
    }
    let refused = try importing(source)
    #expect(refused.exitCode == 65 && refused.errors.contains("\\xE9_1.png: it has no label"), "\(refused.errors)")
    let outcome = try importing(source, "--skip-bad")
    #expect(outcome.output == "train: 2 images, 1 file left out\n", "\(outcome.errors)")
    #expect(try labels() == ["57Q4", "ZE36"])
  }

  @Test func anImageWithTwoLabelsIsAnError() throws {
    let source = try images(["57Q4_01.png": "57Q4_01.png", "MAS4_00.png": "MAS4_00.png"], as: "two")
    _ = try folder.write("file,label\nMAS4_00.png,MAS4\n57Q4_01.png,57Q4\nMAS4_00.png,57Q4\n", as: "two/labels.csv")
    let listed = try importing(source)
    #expect(listed.exitCode == 65 && listed.errors.contains("2 of 3 files"), "\(listed.errors)")
    #expect(listed.errors.contains("'MAS4'") && listed.errors.contains("'57Q4'"), "\(listed.errors)")
    #expect(try importing(source, "--skip-bad").output == "train: 1 image, 2 files left out\n")
    let named = try importing(images(["AAAA_1.png": "UT5G_03.png", "BBBB_2.png": "UT5G_03.png"], as: "named"))
    #expect(named.exitCode == 65 && named.errors.contains("none of the 2 files"), "\(named.errors)")
    #expect(named.errors.contains("AAAA_1.png") && named.errors.contains("BBBB_2.png"), "\(named.errors)")
  }

  @Test func imagesInTwoSplitsDrawAWarning() throws {
    let train = try images(["57Q4.png": "57Q4_01.png", "MAS4.png": "MAS4_00.png"], as: "train")
    let test = try images(["57Q4.png": "57Q4_01.png", "ZE36.png": "ZE36_02.png"], as: "test")
    #expect(try !importing(train).errors.contains("warning"))
    let outcome = try importing(test, split: "test")
    #expect(
      outcome.exitCode == 0 && outcome.errors.contains("warning: 1 image of the train split"), "\(outcome.errors)")
  }

  /// Correcting a file of predictions is how one labels.
  @Test func predictionsAreATableOfLabels() throws {
    let (_, drawnSpec, workspace) = try finishedPipeline.get()
    let spec = try folder.write(
      String(contentsOfFile: drawnSpec, encoding: .utf8).replacing(
        "{train: {count: 480}, test: {count: 60}}", with: "{train: imported}"), as: "digits.yaml")
    let exported = folder.path + "/exported"
    #expect(
      try Program.run("export", "images", drawnSpec, "--workspace", workspace, "--split", "test", "--out", exported)
        .exitCode == 0)
    let outcome = try Program.shell(
      """
      mkdir tables && "$glyphline" predict --model '\(workspace)/model.safetensors' exported --csv > tables/new.csv
      """, in: folder)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let imported = try Program.shell(
      "\"$glyphline\" import tables/new.csv --into '\(spec)' --split train --workspace results", in: folder)
    #expect(imported.output == "train: 60 images\n", "\(imported.errors)")
    let predicted = try Program.shell("cut -d , -f 2 tables/new.csv | tail -n +2", in: folder)
    #expect(try labels() == predicted.output.split(separator: "\n"))
  }

  @Test func imagesFarFromTheModelsAreRemarked() throws {
    let (_, _, workspace) = try finishedPipeline.get()
    let black = Self.fixtures.path() + "/black.png"
    let outcome = try Program.run("predict", "--model", workspace + "/model.safetensors", black)
    #expect(outcome.exitCode == 0 && outcome.errors.contains("the shape is far from 64x32"), "\(outcome.errors)")
    #expect(outcome.errors.contains("hardly any contrast"), "\(outcome.errors)")
    let table = try folder.write("file,label\n\(black),AAAA\n", as: "black.csv")
    let report = try report(of: importing(table, "--json"))
    #expect(report.remarks.map(\.remark) == ["shape", "contrast"])
  }

  @Test func addedImagesComeAfterTheOthers() throws {
    let first = try images(["57Q4.png": "57Q4_01.png", "MAS4.png": "MAS4_00.png"], as: "first")
    let second = try images(
      ["57Q4.png": "57Q4_01.png", "UT5G.png": "UT5G_03.png", "ZE36.png": "ZE36_02.png"], as: "second")
    #expect(try importing(first, "--add").output == "train: 2 images added, 2 in all\n")
    let shard = folder.path + "/results/shards/train-00000.shard.zst"
    let bytes = try Data(contentsOf: URL(filePath: shard))
    let outcome = try importing(second, "--add")
    #expect(outcome.output == "train: 2 images added, 4 in all\n", "\(outcome.errors)")
    #expect(outcome.errors.contains("passed over 1 image that the split has already"), "\(outcome.errors)")
    #expect(try Data(contentsOf: URL(filePath: shard)) == bytes)
    #expect(try labels() == ["57Q4", "MAS4", "UT5G", "ZE36"])
    #expect(try importing(second, "--add").output == "train: 0 images added, 4 in all\n")
    let other = try importing(images(["AAAA.png": "MAS4_00.png"], as: "other"), "--add")
    #expect(other.exitCode == 65 && other.errors.contains("sample 1 of the split"), "\(other.errors)")
    // Everything holds without the catalog, too.
    let rows = try sqlite(folder.path + "/results/catalog.sqlite", "SELECT * FROM sample; SELECT * FROM stage")
    try FileManager.default.removeItem(atPath: folder.path + "/results/catalog.sqlite")
    #expect(try Program.run("reindex", spec, "--workspace", folder.path + "/results").exitCode == 0)
    #expect(
      try sqlite(
        folder.path + "/results/catalog.sqlite",
        "SELECT * FROM sample WHERE split = 'train'; SELECT * FROM stage WHERE name = 'build train'") == rows)
  }

  @Test func anInterruptedAdditionGoesOn() throws {
    let (_, drawnSpec, drawnWorkspace) = try finishedPipeline.get()
    func exported(_ split: String) throws -> String {
      let path = folder.path + "/" + split
      let outcome = try Program.run(
        "export", "images", drawnSpec, "--workspace", drawnWorkspace, "--split", split, "--out", path)
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      return path
    }
    let spec = try folder.write(
      tinySpec().replacing("{train: {count: 480}, test: {count: 60}}", with: "{train: imported}").replacing(
        "records: 100", with: "records: 16"), as: "tiny.yaml")
    let (base, addition) = (try exported("test"), try exported("train"))
    for workspace in ["whole", "results"] {
      #expect(try importing(base, spec: spec, workspace: workspace).exitCode == 0)
    }
    #expect(try importing(addition, "--add", spec: spec, workspace: "whole").exitCode == 0)
    let shard = folder.path + "/results/shards/train-00009.shard.zst"
    let killed = try Program.kill(
      when: { FileManager.default.fileExists(atPath: shard) }, "import", addition, "--into", spec, "--split", "train",
      "--workspace", folder.path + "/results", "--add")
    if killed {
      let other = try importing(base, "--add", spec: spec)
      #expect(other.exitCode == 65 && other.errors.contains("interrupted"), "\(other.errors)")
    }
    #expect(try importing(addition, "--add", spec: spec).exitCode == 0)
    #expect(
      try PipelineResults(workspace: folder.path + "/results") == PipelineResults(workspace: folder.path + "/whole"))
  }

  /// Neither a font that has the characters nor a size that a font fits into is needed.
  @Test func whatIsNotDrawnNeedsNoFont() throws {
    let spec = try folder.write(
      """
      name: han
      captcha: {charset: 验证码, length: 2, width: 60, height: 20, font: [No Such Font]}
      datasets: {train: imported, test: imported}
      training: {batch: 2}
      """, as: "han.yaml")
    let train = try images(["验证.png": "57Q4_01.png", "码验_1.png": "MAS4_00.png", "码码.png": "F39K_06.gif"], as: "train")
    let outcome = try importing(train, spec: spec)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("captcha.font has no effect"), "\(outcome.errors)")
    #expect(try importing(images(["验码.png": "UT5G_03.png"], as: "test"), split: "test", spec: spec).exitCode == 0)
    let run = try Program.run("run", spec, "--workspace", folder.path + "/results", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try Set(labels()) == ["验证", "码验", "码码"])
  }

  @Test func theAdviceFitsAnImportedSplit() throws {
    let train = try images(["57Q4.png": "57Q4_01.png", "MAS4.png": "MAS4_00.png"], as: "train")
    let spec = try folder.write(
      String(contentsOfFile: self.spec, encoding: .utf8) + "\ntraining: {batch: 2}\n", as: "small.yaml")
    #expect(try importing(train, spec: spec).exitCode == 0)
    let shard = folder.path + "/results/shards/train-00000.shard.zst"
    var bytes = try Data(contentsOf: URL(filePath: shard))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: shard))
    let outcome = try Program.run("train", spec, "--workspace", folder.path + "/results")
    #expect(outcome.exitCode == 65 && outcome.errors.contains("glyphline import"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("repair"), "\(outcome.errors)")
    #expect(try importing(train, spec: spec).errors.contains("imported again"))
    #expect(try Program.run("train", spec, "--workspace", folder.path + "/results").exitCode == 0)
  }
}
