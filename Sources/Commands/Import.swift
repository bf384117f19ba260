import ArgumentParser
import Pipeline
import Samples

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import labelled image files as a split.",
    discussion: """
      SOURCE is a folder of PNG and JPEG files whose names begin with the label, as in AB12_anything.png, or a CSV \
      table with the columns file and label. If the folder has a labels.csv, that table gives the labels. The spec \
      must call the split imported, as in `datasets: {test: imported}`; it is then used like any other split.
      """)

  @Argument(help: "A folder, or a table of files and labels.", completion: .file())
  var source: String

  @Option(
    help: ArgumentHelp("The pipeline's spec file.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var into: String

  @Option(help: ArgumentHelp("Import as this split: train, validation or test.", valueName: "name"))
  var split: Split

  @Flag(help: "Leave out files that are not images or whose labels the spec does not allow.")
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
    let skipped = summary.skipped.isEmpty ? "" : ", \(counted(summary.skipped.count, "file")) left out"
    try output("\(split.rawValue): \(counted(summary.imageCount, "image"))\(skipped)")
  }
}
