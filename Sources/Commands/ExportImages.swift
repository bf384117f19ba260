import ArgumentParser
import Samples

struct ExportImages: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "Write a split as PNG files named LABEL_INDEX.png, with a table labels.csv.")

  @OptionGroup var options: SplitExportOptions

  private struct Report: Encodable {
    let folder: String
    let images: Int
  }

  func run() throws {
    let count = try options.export { split in
      try split.writeImages(to: options.out)
      return split.sampleCount
    }
    if options.common.json { return try outputJSON(Report(folder: options.out, images: count)) }
    try output("\(options.out): \(counted(count, "image"))")
  }
}
