import ArgumentParser
import Network
import Pipeline
import Samples
import Specs
import Workers

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check every byte of a shard, or of a workspace, and report each fault with file, frame and offset.",
    discussion: "The exit code is 65 if there are faults. Nothing is changed.")

  @Argument(help: "A shard file, NAME.shard.zst, or a pipeline's spec file.", completion: .file())
  var subject: String

  @Option(help: ArgumentHelp("Use this folder for the results; runs/NAME unless given.", valueName: "folder"))
  var workspace: String?

  @OptionGroup var common: CommonOptions

  private var isShard: Bool { subject.hasSuffix(".zst") }

  func validate() throws {
    if isShard && workspace != nil { throw ValidationError("--workspace needs a spec file in place of a shard") }
  }

  func run() throws {
    try stoppingSafely { cancellation in
      let verification = try verification(cancellation)
      if common.json {
        try outputJSON(verification)
      } else {
        for fault in verification.faults { try output("\(fault)") }
        let faults = verification.faults.isEmpty ? "no faults" : counted(verification.faults.count, "fault")
        try output(
          "\(counted(verification.shardCount, "shard")), \(counted(verification.recordCount, "record")): \(faults)")
      }
      if !verification.faults.isEmpty { throw ExitCode(.badData) }
    }
  }

  private func verification(_ cancellation: Cancellation) throws -> Verification {
    if isShard { return try Verification(ofShard: subject) }
    let spec = try PipelineSpec(contentsOf: subject)
    let progress = ProgressPrinter()
    defer { progress.finishLine() }
    return try Verification(
      of: workspaceOf(spec, path: workspace), team: Team(threadCount: common.threads), cancellation: cancellation,
      report: progress.show)
  }
}
