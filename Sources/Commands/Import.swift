import ArgumentParser
import Pipeline
import Samples

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import labelled image files as a split.",
    discussion: """
      SOURCE is a folder of image files whose names begin with the label, as in AB12_anything.png, or a CSV table with \
      the columns file and label (or text, as predict --csv writes). If the folder has a labels.csv, that table gives \
      the labels. Subfolders are searched too. Files that are no images are named and passed over. The spec must call \
      the split imported, as in `datasets: {test: imported}`; it is then used like any other split.
      """)

  @Argument(help: "A folder, or a table of files and labels.", completion: .file())
  var source: String

  @Option(
    help: ArgumentHelp("The pipeline's spec file.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var into: String

  @Option(help: ArgumentHelp("Import as this split: train, validation or test.", valueName: "name"))
  var split: Split

  @Flag(help: "Leave out files that are damaged or whose labels the spec does not allow.")
  var skipBad = false

  @Flag(help: "Add the images to those that the split has; images that it has already are passed over.")
  var add = false

  @Option(help: ArgumentHelp("The folder of results; runs/NAME unless given.", valueName: "folder"))
  var workspace: String?

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let split: String
    let images: Int
    let samples: Int
    let skipped: [String]
    let passedOver: [PassedOverFile]
    let remarks: [Remark]

    struct Remark: Encodable {
      let file: String
      let remark: String
    }
  }

  func run() throws {
    let source = filePaths(ofArguments: [source])[0]
    let summary = try withPipeline(into, workspace: workspace, common) { pipeline in
      try pipeline.importImages(from: source, into: split, ImportOptions(skipsBad: skipBad, adds: add))
    }
    if common.json {
      return try outputJSON(
        Report(
          split: split.rawValue, images: summary.imageCount, samples: summary.sampleCount, skipped: summary.skipped,
          passedOver: summary.passedOver.map(PassedOverFile.init),
          remarks: summary.remarks.map { Report.Remark(file: "\($0.path)", remark: $0.remark.rawValue) }))
    }
    let added = add ? " added, \(summary.sampleCount) in all" : ""
    let skipped = summary.skipped.isEmpty ? "" : ", \(counted(summary.skipped.count, "file")) left out"
    try output("\(split.rawValue): \(counted(summary.imageCount, "image"))\(added)\(skipped)")
  }
}

/// A file that was found in a folder and not used, in JSON.
struct PassedOverFile: Encodable {
  let file: String
  let reason: String

  init(_ file: PassedOver) { (self.file, reason) = ("\(file.path)", file.reason.rawValue) }
}
