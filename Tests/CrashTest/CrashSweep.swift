import Faults
import Foundation
import Pipeline
import Specs
import Workers

/// Runs a pipeline with a fault at its n-th operation, then again without, and holds the result against that of a run
/// that nothing disturbed.
package struct CrashSweep {
  /// A fault that was not made good.
  package struct Finding: Error, CustomStringConvertible {
    package let fault: FaultyDisk.Fault
    package let operation: Int
    package let place: String
    package let problem: String

    package var description: String { "\(fault) at operation \(operation), \(place): \(problem)" }
  }

  private let spec: PipelineSpec
  private let folder: String
  private let countsDatabaseWritesSingly: Bool
  private let expected: PipelineResults
  /// The operations of a run that nothing disturbs.
  package let operationCount: Int

  /// - Parameter folder: Where workspaces come and go.
  package init(_ spec: PipelineSpec, in folder: String, countsDatabaseWritesSingly: Bool) throws {
    self.spec = spec
    self.folder = folder
    self.countsDatabaseWritesSingly = countsDatabaseWritesSingly
    let workspace = folder + "/undisturbed"
    let disk = FaultyDisk(.kill, atOperation: 0, countsDatabaseWritesSingly: countsDatabaseWritesSingly)
    try Self.run(spec, in: workspace, on: disk)
    operationCount = disk.operationCount
    expected = try PipelineResults(workspace: workspace)
  }

  /// - Parameter check: Looks at the error that a run ended with; says what is wrong with it, nil if nothing.
  /// - Throws: `Finding` where the fault was not made good.
  package func inject(
    _ fault: FaultyDisk.Fault, atOperation number: Int, checkingErrorsBy check: (any Error) -> String? = { _ in nil }
  ) throws {
    let workspace = "\(folder)/\(number)"
    let disk = FaultyDisk(fault, atOperation: number, countsDatabaseWritesSingly: countsDatabaseWritesSingly)
    func finding(_ problem: String) -> Finding {
      Finding(fault: fault, operation: number, place: disk.faultPlace ?? "not reached", problem: problem)
    }
    do {
      try Self.run(spec, in: workspace, on: disk)
    } catch {
      if let problem = check(error) { throw finding("\(error): \(problem)") }
    }
    try disk.restart()
    guard disk.faultPlace != nil else { throw finding("there are fewer operations than in the first run") }
    do {
      try Self.run(spec, in: workspace, on: FaultyDisk(.kill, atOperation: 0))
    } catch {
      throw finding("the next run failed: \(error)")
    }
    let differences = try PipelineResults(workspace: workspace).differences(from: expected)
    guard differences.isEmpty else { throw finding("not as undisturbed: \(differences.joined(separator: ", "))") }
    try FileManager.default.removeItem(atPath: workspace)
  }

  private static func run(_ spec: PipelineSpec, in workspace: String, on disk: FaultyDisk) throws {
    try FaultyDatabaseFiles.on(disk, in: workspace) {
      let pipeline = try Pipeline(
        spec, in: Workspace(path: workspace), threadCount: 2, fileSystem: FaultyFileSystem(on: disk),
        cancellation: Cancellation(), report: { _ in })
      _ = try pipeline.recording("crash test", version: "0") { try $0.run() }
    }
  }
}
