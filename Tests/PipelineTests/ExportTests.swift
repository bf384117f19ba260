import Foundation
import Testing
import crashtest

/// What other programs are given: pictures with their labels, and the way from a mistake to its pixels.
@Suite struct ExportTests {
  @Test func exportedImagesAreReadAsInTheEvaluation() throws {
    let (_, spec, workspace) = try finishedPipeline.get()
    let folder = try Folder()
    let out = folder.path + "/images"
    func export() throws -> Program.Outcome {
      try Program.run("export", "images", spec, "--workspace", workspace, "--split", "test", "--out", out + "/")
    }
    let outcome = try export()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: out)
    let table = try String(contentsOfFile: out + "/labels.csv", encoding: .utf8).split(separator: "\n")
    #expect(names.count == 61 && table.first == "file,label" && table.count == 61)
    #expect(Set(table.dropFirst().map { String($0.prefix { $0 != "," }) }) == Set(names).subtracting(["labels.csv"]))
    struct Report: Decodable { let exact: Int }
    let prediction = try Program.run(
      "predict", "--model", workspace + "/model.safetensors", out, "--json", "--expect-from-name")
    let exact = try JSONDecoder().decode(Report.self, from: Data(prediction.output.utf8)).exact
    #expect(try sqlite(workspace + "/catalog.sqlite", "SELECT exact FROM image_accuracy LIMIT 1") == "\(exact)\n")
    let again = try export()
    #expect(again.exitCode == 73 && again.errors.contains("exists"), "\(again.errors)")
  }

  /// The command of `Docs/queries.md` that shows a mistake and draws it again, for this pipeline in place of the
  /// quickstart's.
  @Test func theDocumentedCommandLeadsFromAMistakeToItsPixels() throws {
    let (_, spec, shared) = try finishedPipeline.get()
    let folder = try Folder()
    // A catalog that another test opens or closes is locked for a moment, and a bare `sqlite3` does not wait.
    let workspace = folder.path + "/workspace"
    try FileManager.default.copyItem(atPath: shared, toPath: workspace)
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/queries.md")
    let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```sh\n")
    let block = try #require(blocks.last { $0.contains("--redraw") })
    let command = block.components(separatedBy: "```")[0]
      .replacing("runs/quickstart", with: workspace).replacing("Pipelines/quickstart.yaml", with: spec)
      .replacing(".build/release/glyphline", with: "$glyphline")
    let outcome = try Program.shell(command, in: folder)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("drawing its seed again gives the same pixels"), "\(outcome.output)")
    #expect(FileManager.default.fileExists(atPath: folder.path + "/mistake.png"))
    let other = try folder.write(tinySpec().replacing("height: 32", with: "height: 33"), as: "other.yaml")
    let different = try Program.shell(command.replacing(spec, with: other), in: folder)
    #expect(different.exitCode == 65 && different.errors.contains("another image"), "\(different.errors)")
  }
}
