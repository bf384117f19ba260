import ArgumentParser
import Pipeline
import Samples
import Specs

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Export a split or a model for other programs.",
    subcommands: [ExportImages.self, ExportWebDataset.self, ExportONNX.self])
}

/// Options of the commands that export a split.
struct SplitExportOptions: ParsableArguments {
  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Export this split: train, validation or test.", valueName: "name"))
  var split: Split

  @Option(
    help: ArgumentHelp("Write this folder, which must not exist yet.", valueName: "folder"), completion: .directory)
  var out: String

  /// Runs `body` on the split and prints its progress on standard error.
  func export<Value>(_ body: (SplitExport) throws -> Value) throws -> Value {
    try stoppingSafely { cancellation in
      let spec = try PipelineSpec(contentsOf: pipeline.spec)
      let progress = ProgressPrinter()
      defer { progress.finishLine() }
      return try body(
        SplitExport(
          split, of: spec, in: pipeline.workspace(of: spec), threadCount: common.threads, cancellation: cancellation,
          report: progress.show))
    }
  }
}
