import ArgumentParser
import Pipeline
import Samples

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import labelled image files as a split.",
    discussion: """
      SOURCE is a folder of image files whose names begin with the label, as in AB12_anything.png, or a CSV table with \
      the columns file and label (or text, as `glyphline predict --csv` writes). If the folder has a table labels.csv, \
      that gives the labels. Subfolders are searched, too. Files in the folder that are not images are named and passed \
      over. The images replace those that the split has, unless --add is given. The spec must call the split imported, \
      as in `datasets: {test: imported}`.
      """)

  @Argument(help: "A folder of images, or a CSV table of files and labels.", completion: .file())
  var source: String

  @Option(
    help: ArgumentHelp("Import for the pipeline of this spec file.", valueName: "spec"),
    completion: .file(extensions: ["yaml", "yml"]))
  var into: String

  @Option(help: ArgumentHelp("Import as this split: train, validation or test.", valueName: "name"))
  var split: Split

  @Flag(help: "Leave out files that are damaged, or have no label or one that the spec does not allow.")
  var skipBad = false

  @Flag(help: "Add the images to those that the split has; pass over images that it has already.")
  var add = false

  @Option(help: ArgumentHelp("Use this folder for the results; runs/NAME unless given.", valueName: "folder"))
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
