import Foundation
import Testing
import crashtest

/// Splits as tar files, and the cards beside exported splits and models.
@Suite struct WebDatasetTests {
  private let folder: Folder
  private let spec: String
  private let workspace: String

  init() throws {
    (_, spec, workspace) = try finishedPipeline.get()
    folder = try Folder()
  }

  private func export(_ name: String, _ options: String..., spec: String? = nil) throws -> Program.Outcome {
    try Program.run(
      ["export", "webdataset", spec ?? self.spec, "--workspace", workspace, "--out", folder.path + "/" + name]
        + options)
  }

  private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.path + "/" + name) }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
  }

  @Test func tarFilesHoldEverySampleInOrder() throws {
    let outcome = try export("one", "--split", "test", "--samples-per-tar", "25", "--threads", "1", "--json")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    struct Report: Decodable, Equatable { let folder: String, images: Int, files: Int }
    #expect(
      try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        == Report(folder: folder.path + "/one", images: 60, files: 3))
    let images = try Program.run(
      "export", "images", spec, "--workspace", workspace, "--split", "test", "--out", folder.path + "/images")
    #expect(images.exitCode == 0, "\(images.errors)")
    let again = try export("three", "--split", "test", "--samples-per-tar", "25", "--threads", "3")
    #expect(again.exitCode == 0, "\(again.errors)")

    let reading = try Program.shell(
      """
      set -e
      diff -r one three && ls one
      mkdir members && for file in one/*.tar; do tar -xf $file -C members; tar -tf $file; done
      """, in: folder)
    #expect(reading.exitCode == 0, "\(reading.errors)")
    let keys = (0..<60).map { String(format: "%09d", $0) }
    #expect(
      reading.output.split(separator: "\n").map(String.init)
        == ["README.md"] + (0..<3).map { "test-00000\($0).tar" } + keys.flatMap { ["\($0).png", "\($0).json"] })
    let rows = try sqlite(
      workspace + "/catalog.sqlite",
      "SELECT label, seed FROM sample WHERE split = 'test' ORDER BY sample_index")
    for (index, row) in rows.split(separator: "\n").enumerated() {
      let values = row.split(separator: "|")
      #expect(
        try text("members/\(keys[index]).json")
          == #"{"charset":"0123456789","index":\#(index),"label":"\#(values[0])","seed":\#(values[1])}"#)
      let image = "images/\(values[0])_\(String(format: "%06d", index)).png"
      #expect(
        FileManager.default.contentsEqual(
          atPath: folder.path + "/members/\(keys[index]).png", andPath: folder.path + "/" + image))
    }
  }

  @Test func theCardDescribesTheImages() throws {
    #expect(try export("out", "--split", "test").exitCode == 0)
    let card = try text("out/README.md")
    let hash = try sqlite(workspace + "/catalog.sqlite", "SELECT content_hash FROM stage WHERE name = 'build test'")
    for line in [
      "---\npretty_name: tiny, test split\n", "\n- n<1K\n", "\n  - split: test\n    path: test-*.tar\n---\n",
      "\n60 images of text captchas", "\n- Images: 64 x 32 pixels, gray",
      "\n- Labels: 2 characters of the charset `0123456789` ",
      "\n- Style: `image-captcha`, images as the Python package captcha", "\nspec hash=\(hash)",
      "\nglyphline export webdataset tiny.yaml --split test --out test\n", "```yaml\n\(tinySpec())",
    ] { #expect(card.contains(line), "\(line)") }
    let again = try export("out/", "--split", "test")
    #expect(again.exitCode == 73 && again.errors.contains("exists"), "\(again.errors)")
  }

  /// The card would describe other images than those of the split.
  @Test func samplesOfAnotherSpecAreRefused() throws {
    let other = try folder.write(tinySpec().replacing("length: 2", with: "length: 3"), as: "other.yaml")
    let outcome = try export("out", "--split", "test", spec: other)
    #expect(outcome.exitCode == 65 && outcome.errors.contains("captcha.length: 2 -> 3"), "\(outcome.errors)")
    let unknown = try export("out", "--split", "validation")
    #expect(unknown.exitCode == 65 && unknown.errors.contains("no split validation"), "\(unknown.errors)")
    #expect(!exists("out") && !exists("out.partial"))
  }

  @Test func theCardOfImportedImagesSaysSo() throws {
    let images = try Program.run(
      "export", "images", spec, "--workspace", workspace, "--split", "test", "--out", folder.path + "/images")
    #expect(images.exitCode == 0, "\(images.errors)")
    _ = try folder.write(tinySpec().replacing("test: {count: 60}", with: "test: imported"), as: "spec.yaml")
    let outcome = try Program.shell(
      """
      set -e
      $glyphline export webdataset spec.yaml --workspace w --split test --out out && exit 1 || test $? = 66
      $glyphline import images --into spec.yaml --split test --workspace w > import.txt
      $glyphline export webdataset spec.yaml --workspace w --split test --out out
      tar -xOf out/test-000000.tar 000000059.json
      """, in: folder)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.hasSuffix(#""seed":0}"#), "\(outcome.output)")
    let card = try text("out/README.md")
    #expect(card.contains("imported them from image files") && card.contains("whose licence applies"), "\(card)")
    #expect(!card.contains("- synthetic") && !card.contains("- Style:") && !card.contains("Drawing"), "\(card)")
  }

  @Test func aStoppedExportLeavesNoFolder() throws {
    let large = try folder.write(tinySpec(train: 8000), as: "large.yaml")
    let (out, workspace) = (folder.path + "/out", folder.path + "/large")
    #expect(try Program.run("build", large, "--split", "train", "--workspace", workspace).exitCode == 0)
    let outcome = try Program.stop(
      by: SIGINT, when: { exists("out.partial/train-000002.tar") },
      "export", "webdataset", large, "--workspace", workspace, "--split", "train", "--samples-per-tar", "100", "--out",
      out)
    #expect(outcome.exitCode == 130 && outcome.errors.hasSuffix("stopped\n"), "\(outcome.errors)")
    #expect(!exists("out") && !exists("out.partial"))
  }

  @Test func theModelCardHasTheRecordedAccuracy() throws {
    let model = workspace + "/model.safetensors"
    let onnx = folder.path + "/model.onnx"
    let outcome = try Program.run(
      "export", "onnx", "--model", model, "--out", onnx, "--card", folder.path + "/card.md")
    #expect(outcome.exitCode == 0 && exists("model.onnx"), "\(outcome.errors)")
    let row = try sqlite(
      workspace + "/catalog.sqlite",
      "SELECT printf('| test | %d | %d | %.2f %% | %.2f %% to %.2f %% |', images, exact, 100 * accuracy, 100 * low95,"
        + " 100 * high95) FROM image_accuracy LIMIT 1")
    let card = try text("card.md")
    for line in [
      "library_name: onnx\n", "\n\(row)", "\n# glyphnet\n", "[images, 2, 10]", "[images, 1, 32, 64]", "on 480 images",
      "\ntraining.batch=16\n", "\ncaptcha.length=2\n", "2 characters of the charset `0123456789`",
    ] { #expect(card.contains(line), "\(line) in \(card)") }

    // Away from its workspace, the model file tells nothing of its accuracy.
    try FileManager.default.copyItem(atPath: model, toPath: folder.path + "/alone.safetensors")
    let alone = try Program.shell(
      "$glyphline export onnx --model alone.safetensors --out alone.onnx --card alone.md && cmp alone.onnx model.onnx",
      in: folder)
    #expect(alone.exitCode == 0, "\(alone.errors)")
    let other = try text("alone.md")
    #expect(
      other.contains("No evaluation of this model file") && other.contains("no record of its training"), "\(other)")
    let same = try Program.run("export", "onnx", "--model", model, "--out", onnx, "--card", onnx)
    #expect(same.exitCode == 64, "\(same.errors)")
  }
}
