import ArgumentParser
import Pipeline
import Samples

struct ExportWebDataset: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webdataset",
    abstract: "Write a split as tar files for the Python packages datasets and webdataset, with a dataset card.",
    discussion: """
      The files are SPLIT-000000.tar and so on. Each sample is INDEX.png and INDEX.json, with index, label, charset and \
      seed. The card, README.md, says what the images are and how to load them.
      """)

  @OptionGroup var options: SplitExportOptions

  @Option(help: ArgumentHelp("Put this many samples into each tar file.", valueName: "count"))
  var samplesPerTar = SplitExport.samplesPerTarDefault

  private struct Report: Encodable {
    let folder: String
    let images: Int
    let files: Int
  }

  func validate() throws {
    if !(1...1_000_000).contains(samplesPerTar) {
      throw ValidationError("--samples-per-tar must be 1 to 1000000")
    }
  }

  func run() throws {
    let report = try options.export { split in
      let fileCount = try split.writeWebDataset(
        to: options.out, samplesPerTar: samplesPerTar, version: Glyphline.version)
      return Report(folder: options.out, images: split.sampleCount, files: fileCount)
    }
    if options.common.json { return try outputJSON(report) }
    try output("\(report.folder): \(counted(report.images, "image")) in \(counted(report.files, "tar file"))")
  }
}
