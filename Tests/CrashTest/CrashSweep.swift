import Faults
import Files
import Foundation
import Pipeline
import Specs
import Synchronization
import Workers

/// Breaks a pipeline at each of its operations and holds what the next run makes of it against a run that nothing
/// disturbed.
///
/// Where a run is cut off, what it leaves is known from the undisturbed run, which made the same operations up to there;
/// only the next run is made. That one is a function of the files that it finds, so it is made once for the same files.
package final class CrashSweep: Sendable {
  /// A fault that was not made good.
  package struct Finding: CustomStringConvertible, Sendable {
    package let fault: String
    package let operation: Int
    package let place: String
    package let problem: String

    package var description: String { "\(fault) at operation \(operation), \(place): \(problem)" }
  }

  private let spec: PipelineSpec
  private let folder: String
  private let countsDatabaseWritesSingly: Bool
  private let expected: PipelineResults
  private let history: DiskHistory
  /// Hashes of the files that a next run was made from.
  private let seen = Mutex<Set<ContentHash>>([])
  private let runs = Atomic<Int>(0)

  /// The operations of a run that nothing disturbs.
  package var operationCount: Int { history.operationCount }
  /// Runs so far, those that met an error and those after a fault.
  package var runCount: Int { runs.load(ordering: .relaxed) }

  /// - Parameter folder: Where workspaces come and go.
  package init(_ spec: PipelineSpec, in folder: String, countsDatabaseWritesSingly: Bool) throws {
    self.spec = spec
    self.folder = folder
    self.countsDatabaseWritesSingly = countsDatabaseWritesSingly
    let workspace = folder + "/undisturbed"
    let disk = FaultyDisk(countsDatabaseWritesSingly: countsDatabaseWritesSingly)
    try Self.run(spec, in: workspace, on: disk)
    history = disk.history
    for (path, bytes) in history.end.surviving(.process) {
      let found = try ReadableFile.contents(of: path)
      precondition(found == bytes, "\(path) was written past the disk")
    }
    expected = try PipelineResults(workspace: workspace)
  }

  /// Cuts the run off in the middle of some of its operations.
  package func cutOff(_ loss: DiskContents.Loss, at operations: StrideThrough<Int>) throws -> [Finding] {
    try collect(at: operations) { [self] in
      var replay = DiskReplay(history)
      return { [self] number in
        let (place, contents) = replay.cutOff(atOperation: number)
        let files = contents.surviving(loss)
        guard seen.withLock({ $0.insert(Self.hash(of: files)).inserted }) else { return nil }
        let workspace = "\(folder)/\(loss)-\(number)"
        try write(files, to: workspace)
        return try problemOfNextRun(in: workspace).map {
          Finding(fault: "\(loss)", operation: number, place: place, problem: $0)
        }
      }
    }
  }

  /// Lets some operations fail, each in a run of its own.
  /// - Parameters:
  ///   - code: The error number.
  ///   - check: Looks at the error that a run ended with; says what is wrong with it, nil if nothing.
  package func fail(
    with code: Int32, at operations: StrideThrough<Int>,
    checkingErrorsBy check: @escaping @Sendable (any Error) -> String? = { _ in nil }
  ) throws -> [Finding] {
    try collect(at: operations) { [self] in
      { [self] number in
        let workspace = "\(folder)/error-\(code)-\(number)"
        let disk = FaultyDisk(
          failingWith: code, atOperation: number, countsDatabaseWritesSingly: countsDatabaseWritesSingly)
        var problem: String?
        runs.add(1, ordering: .relaxed)
        do {
          try Self.run(spec, in: workspace, on: disk)
        } catch {
          problem = check(error).map { "\(error): \($0)" }
        }
        if disk.failedPlace == nil { problem = "there are fewer operations than in the first run" }
        let nextProblem = try problemOfNextRun(in: workspace)
        return (problem ?? nextProblem).map {
          Finding(
            fault: String(cString: strerror(code)), operation: number, place: disk.failedPlace ?? "not reached",
            problem: $0)
        }
      }
    }
  }

  /// Looks at operations on all cores.
  private func collect(
    at operations: StrideThrough<Int>, makeWorker: @Sendable () -> ((_ operation: Int) throws -> Finding?)
  ) throws -> [Finding] {
    let threadCount = Team().threadCount
    let numbers = Array(operations)
    let stream = OrderedStream<Finding?>(
      jobs: 0..<numbers.count, threadCount: threadCount, window: 2 * threadCount
    ) {
      let look = makeWorker()
      return { try look(numbers[$0]) }
    }
    var findings: [Finding] = []
    while let finding = try stream.next() { if let finding { findings.append(finding) } }
    return findings
  }

  /// Runs the pipeline once more and removes the workspace.
  private func problemOfNextRun(in workspace: String) throws -> String? {
    runs.add(1, ordering: .relaxed)
    do {
      try Self.run(spec, in: workspace, on: FaultyDisk())
    } catch {
      return "the next run failed: \(error)"
    }
    let differences = try PipelineResults(workspace: workspace).differences(from: expected)
    try FileManager.default.removeItem(atPath: workspace)
    return differences.isEmpty ? nil : "not as undisturbed: \(differences.joined(separator: ", "))"
  }

  private static func run(_ spec: PipelineSpec, in workspace: String, on disk: FaultyDisk) throws {
    try FaultyDatabaseFiles.on(disk, in: workspace) {
      // One thread for each run that goes on beside others.
      let pipeline = try Pipeline(
        spec, in: Workspace(path: workspace), threadCount: 1, fileSystem: FaultyFileSystem(on: disk),
        cancellation: Cancellation(), report: { _ in })
      _ = try pipeline.recording("crash test", version: "0") { try $0.run() }
    }
  }

  private static func hash(of files: [String: [UInt8]]) -> ContentHash {
    ContentHash(of: files.sorted { $0.key < $1.key }.map { "\($0.key) \(ContentHash(of: $0.value))\n" }.joined())
  }

  /// Makes a workspace of the files of the undisturbed one.
  private func write(_ files: [String: [UInt8]], to workspace: String) throws {
    for (path, bytes) in files {
      let target = workspace + path.dropFirst(folder.count + "/undisturbed".count)
      try FileManager.default.createDirectory(
        atPath: URL(filePath: target).deletingLastPathComponent().path(), withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: target))
    }
  }
}
