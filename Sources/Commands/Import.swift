import ArgumentParser
import Pipeline
import Samples

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a split of labelled image files.",
    discussion: """
      SOURCE is a folder of PNG and JPEG files whose names begin with their labels, as in AB12_anything.png, or a table \
      in comma-separated values with the columns file and label; a folder's labels.csv is such a table. The spec must \
      say that the split is imported: `datasets: {test: imported}`. The split then trains and evaluates like any other.
      """)

  @Argument(help: "A folder, or a table of files and labels.", completion: .file())
  var source: String

  @Option(
    help: ArgumentHelp("The pipeline's spec file.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var into: String

  @Option(help: ArgumentHelp("The split: train, validation or test.", valueName: "name"))
  var split: Split

  @Flag(help: "Leave out files that are no images, or whose labels the spec does not allow.")
  var skipBad = false

  @Option(help: ArgumentHelp("The folder of results; runs/NAME unless given.", valueName: "folder"))
  var workspace: String?

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let split: String
    let images: Int
    let skipped: [String]
  }

  func run() throws {
    let summary = try withPipeline(into, workspace: workspace, common) { pipeline in
      try pipeline.importImages(from: source, into: split, skippingBad: skipBad)
    }
    if common.json {
      return try outputJSON(Report(split: split.rawValue, images: summary.imageCount, skipped: summary.skipped))
    }
    let skipped = summary.skipped.isEmpty ? "" : ", \(summary.skipped.count) files left out"
    try output("\(split.rawValue): \(summary.imageCount) images\(skipped)")
  }
}
