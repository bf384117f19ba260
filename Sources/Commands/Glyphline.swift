import ArgumentParser

/// The program's command line: all commands, and what `--help` says of them.
package struct Glyphline: ParsableCommand {
  package static let version = "0.1.0"
  package static let configuration = CommandConfiguration(
    commandName: "glyphline",
    abstract: "Train text captcha readers on an ordinary computer's CPU, and measure how accurate they are.",
    discussion: """
      One spec file describes a pipeline. `glyphline run SPEC` draws labelled images into shards, trains a model on \
      them and evaluates it. It skips what is done already and resumes what was interrupted. The results are in the \
      workspace, runs/NAME, most of them in its catalog.sqlite. Started by mpirun or srun, several processes share the \
      work, with the same results.
      """,
    version: version,
    // Every command states its commandName: deriving the names from the types takes 4 ms at each start.
    subcommands: [
      Run.self, Build.self, Import.self, Train.self, Eval.self, Predict.self, Status.self, Inspect.self, Verify.self,
      Repair.self, Reindex.self, Report.self, Render.self, Preview.self, Export.self, Bench.self,
    ])

  package init() {}

  /// Runs the command that the arguments name; if it fails, the process ends with its exit code.
  package static func main() {
    occupyClosedStreams()
    main(nil)
  }
}
