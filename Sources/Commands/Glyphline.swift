import ArgumentParser

/// The program: what the command line names first.
package struct Glyphline: ParsableCommand {
  static let version = "0.1.0"
  package static let configuration = CommandConfiguration(
    commandName: "glyphline",
    abstract: "Teaches an ordinary computer to read text captchas.",
    discussion: """
      A pipeline is one spec file. `glyphline run SPEC` draws its labelled images into shards, trains a model from them \
      and evaluates it; whatever is done already is not done again, and whatever was interrupted goes on where it was. \
      Results are in the workspace, runs/NAME, above all in its catalog.sqlite.
      """,
    version: version,
    // Each of them says its name: to ask the runtime for their types' names takes four milliseconds.
    subcommands: [
      Run.self, Build.self, Import.self, Train.self, Eval.self, Predict.self, Status.self, Inspect.self, Verify.self,
      Repair.self, Reindex.self, Report.self, Render.self, Preview.self, Export.self, Bench.self,
    ])

  package init() {}

  /// Runs the command that the arguments name, and ends the process with an exit code where it fails.
  package static func main() {
    occupyClosedStreams()
    main(nil)
  }
}
