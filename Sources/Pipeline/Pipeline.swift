import Catalog
import Files
import Foundation
import Generator
import Kernels
import Network
import Samples
import Specs
import Workers

/// One pipeline at work in its workspace, which is locked for as long as this lives. Each stage goes on from what is on
/// disk, and returns at once where there is nothing to do.
package final class Pipeline {
  package let spec: PipelineSpec
  package let workspace: Workspace
  /// What the spec asks for.
  let model: ModelDescription
  let catalog: Catalog
  let generator: CaptchaGenerator
  let backend: any Backend
  let team: Team
  let fileSystem: any FileSystem
  let cancellation: Cancellation
  let report: (PipelineEvent) -> Void
  private let lock: LockFile

  /// - Parameters:
  ///   - threadCount: nil takes every core.
  ///   - report: Told what happens, on the calling thread.
  /// - Throws: What makes it impossible to begin: the font, the model's layers, the workspace, the catalog.
  package init(
    _ spec: PipelineSpec, in workspace: Workspace, threadCount: Int?, fileSystem: any FileSystem = SystemFileSystem(),
    cancellation: Cancellation, report: @escaping (PipelineEvent) -> Void
  ) throws {
    self.spec = spec
    self.workspace = workspace
    self.fileSystem = fileSystem
    self.cancellation = cancellation
    self.report = report
    generator = try CaptchaGenerator(spec: spec.captcha)
    model = try ModelDescription(spec.model, reading: spec.captcha)
    lock = try workspace.prepare(in: fileSystem)
    try workspace.removePartialFiles(in: fileSystem)
    catalog = try Catalog(workspace.catalogPath, for: .write)
    backend = try makeBackend()
    team = Team(threadCount: threadCount)
  }

  /// Every stage that is missing or stale, in order.
  /// - Returns: How well the model reads the split that the spec evaluates.
  package func run() throws -> EvaluationOutcome {
    try build()
    try train()
    return try evaluate(split: spec.evaluation.split)
  }

  /// Runs `body` and records the command with its outcome in the catalog's table `run`.
  package func recording<Value>(_ command: String, version: String, _ body: (Pipeline) throws -> Value) throws -> Value
  {
    let id = try catalog.startRun(
      RunRow(
        command: command, version: version, cpu: backend.name, threads: team.threadCount,
        precision: try resolvedPrecision().rawValue),
      at: Date())
    do {
      let value = try body(self)
      try catalog.finishRun(id, .done, at: Date())
      try catalog.close()
      return value
    } catch {
      // The command's own error is what matters; this one may have the same cause, such as a full disk.
      try? catalog.finishRun(id, error is Interrupted ? .interrupted : .failed, at: Date())
      throw error
    }
  }

  /// What activations are stored as: the spec's choice, or the best that the CPU has.
  func resolvedPrecision() throws -> Precision {
    try resolvePrecision(spec.training.precision, on: backend)
  }

  /// Says why a stage begins.
  func announce(_ request: StageRequest, recorded: StageRow?, whenInterrupted: String) {
    let reason =
      switch recorded {
      case nil: "not there yet"
      case let row? where row.contentHash != request.hash.description:
        "changed: " + specDifferences(from: row.spec, to: request.text).map(\.description).joined(separator: "; ")
      case _?: whenInterrupted
      }
    report(.started(stage: request.name, reason: reason))
  }
}

/// What activations are stored as: the spec's choice, or the best that the CPU has.
/// - Throws: `PipelineError.unsupportedPrecision`.
func resolvePrecision(_ choice: TrainingSpec.Precision, on backend: any Backend) throws -> Precision {
  let precision: Precision =
    switch choice {
    case .automatic: backend.supports(.bfloat16) ? .bfloat16 : .float32
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  guard backend.supports(precision) else {
    throw PipelineError.unsupportedPrecision(precision.rawValue, backend: backend.name)
  }
  return precision
}
