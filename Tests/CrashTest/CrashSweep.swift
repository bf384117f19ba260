import Faults
import Files
import Foundation
import Pipeline
import Specs
import Synchronization
import Workers

/// Breaks a pipeline at each of its operations, and compares the results of the next run with those of an undisturbed
/// run.
///
/// The files that a run leaves when it is cut off follow from the history of the undisturbed run, which has the same
/// operations up to there, so only the next run is carried out. It is a function of the files that it finds, so it is
/// carried out once for equal files.
package final class CrashSweep: Sendable {
  /// A fault from which the next run did not recover.
  package struct Finding: CustomStringConvertible, Sendable {
    package let fault: String
    package let operation: Int
    package let name: String
    package let problem: String

    package var description: String { "\(fault) at operation \(operation), \(name): \(problem)" }
  }

  private let spec: PipelineSpec
  private let folder: String
  private let countsDatabaseWritesSingly: Bool
  private let expected: PipelineResults
  private let history: DiskHistory
  /// Hashes of the files from which next runs started.
  private let seen = Mutex<Set<ContentHash>>([])
  private let runs = Atomic<Int>(0)

  /// The number of operations of an undisturbed run.
  package var operationCount: Int { history.operationCount }
  /// Runs so far: those with an error, and those after a fault.
  package var runCount: Int { runs.load(ordering: .relaxed) }

  /// - Parameter folder: A folder for temporary workspaces.
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
      precondition(found == bytes, "\(path) was written without the disk's knowledge")
    }
    expected = try PipelineResults(workspace: workspace)
  }

  /// Cuts off the run in the middle of some of its operations.
  package func cutOff(_ loss: DiskContents.Loss, at operations: StrideThrough<Int>) throws -> [Finding] {
    try collect(at: operations) { [self] in
      var replay = DiskReplay(history)
      return { [self] number in
        let (operation, contents) = replay.cutOff(atOperation: number)
        let files = contents.surviving(loss)
        guard seen.withLock({ $0.insert(Self.hash(of: files)).inserted }) else { return nil }
        let workspace = "\(folder)/\(loss)-\(number)"
        try write(files, to: workspace)
        return try problemOfNextRun(in: workspace).map {
          Finding(fault: "\(loss)", operation: number, name: operation, problem: $0)
        }
      }
    }
  }

  /// Lets some operations fail, each in a run of its own.
  /// - Parameters:
  ///   - code: The error number.
  ///   - check: Returns what is wrong with the error that a run ended with; nil if nothing.
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
        if disk.failedPlace == nil { problem = "the run had fewer operations than the first one" }
        let nextProblem = try problemOfNextRun(in: workspace)
        return (problem ?? nextProblem).map {
          Finding(
            fault: String(cString: strerror(code)), operation: number, name: disk.failedPlace ?? "not reached",
            problem: $0)
        }
      }
    }
  }

  /// Checks operations on all cores.
  private func collect(
    at operations: StrideThrough<Int>, makeWorker: @Sendable () -> ((_ operation: Int) throws -> Finding?)
  ) throws -> [Finding] {
    let threadCount = Team().threadCount
    let numbers = Array(operations)
    let stream = OrderedStream<Finding?>(
      jobs: 0..<numbers.count, threadCount: threadCount, window: 2 * threadCount
    ) {
      let check = makeWorker()
      return { try check(numbers[$0]) }
    }
    var findings: [Finding] = []
    while let finding = try stream.next() { if let finding { findings.append(finding) } }
    return findings
  }

  /// Runs the pipeline once more, compares the results, and removes the workspace.
  private func problemOfNextRun(in workspace: String) throws -> String? {
    runs.add(1, ordering: .relaxed)
    do {
      try Self.run(spec, in: workspace, on: FaultyDisk())
    } catch {
      return "the next run failed: \(error)"
    }
    let differences = try PipelineResults(workspace: workspace).differences(from: expected)
    try FileManager.default.removeItem(atPath: workspace)
    return differences.isEmpty ? nil : "differs from the undisturbed run: \(differences.joined(separator: ", "))"
  }

  private static func run(_ spec: PipelineSpec, in workspace: String, on disk: FaultyDisk) throws {
    try FaultyDatabaseFiles.on(disk, in: workspace) {
      // One thread, since other runs use the other cores.
      let pipeline = try Pipeline(
        spec, in: Workspace(path: workspace), threadCount: 1, fileSystem: FaultyFileSystem(on: disk),
        cancellation: Cancellation(), report: { _ in })
      _ = try pipeline.recording("crash test", version: "0") { try $0.run() }
    }
  }

  private static func hash(of files: [String: [UInt8]]) -> ContentHash {
    ContentHash(of: files.sorted { $0.key < $1.key }.map { "\($0.key) \(ContentHash(of: $0.value))\n" }.joined())
  }

  /// Creates a workspace from files of the undisturbed one.
  private func write(_ files: [String: [UInt8]], to workspace: String) throws {
    for (path, bytes) in files {
      let target = workspace + path.dropFirst(folder.count + "/undisturbed".count)
      try FileManager.default.createDirectory(
        atPath: URL(filePath: target).deletingLastPathComponent().path(), withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: target))
    }
  }
}
