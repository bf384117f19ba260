import Files
import Foundation
import Testing
import crashtest

/// What a file system lacks: the variables with which `Tests/NoLocks/nolocks.c` makes calls fail.
private struct Lack: Sendable, CustomTestStringConvertible {
  let variables: String

  var testDescription: String { variables }
  var environment: [String: String] {
    let pairs = variables.split(separator: " ").map { $0.split(separator: "=") }.map { (String($0[0]), String($0[1])) }
    return Dictionary(pairs) { $1 }.merging(["LD_PRELOAD": Program.folder.path() + "/libnolocks.so"]) { $1 }
  }
  /// Whether SQLite can lock files, so that other programs can read beside a command.
  var hasLocks: Bool { !variables.contains("LOCK_ERR") }

  static let lustre = Lack(variables: "FLOCK_ERR=38 LOCK_ERR=38")
  static let nfs = Lack(variables: "FLOCK_ERR=37 LOCK_ERR=37")
  static let memoryAndLockFile = Lack(variables: "FLOCK_ERR=38 SHM_ERR=19")
  /// One, two and all three of SQLite's shared memory, its locks, and `flock`; and whole file systems without locks.
  static let all: [Lack] =
    [
      "FLOCK_ERR=38", "SHM_ERR=19", "FCNTL_ERR=37", "FLOCK_ERR=38 FCNTL_ERR=37", "SHM_ERR=19 FCNTL_ERR=37",
      "FLOCK_ERR=38 SHM_ERR=19 FCNTL_ERR=37", "LOCK_ERR=38 SHM_ERR=19",
    ].map(Lack.init) + [memoryAndLockFile, lustre, nfs]
}

/// Workspaces on network file systems.
@Suite struct NetworkDiskTests {
  private let folder: Folder
  private let spec: String
  private let long: String
  private var workspace: String { folder.path + "/results" }

  init() throws {
    folder = try Folder()
    spec = try folder.write(tinySpec(), as: "spec.yaml")
    long = try folder.write(tinySpec(train: 3200), as: "long.yaml")
  }

  private func start(_ command: String, _ lack: Lack?, _ spec: String? = nil) throws -> Program.Outcome {
    try Program.run([command, spec ?? self.spec, "--workspace", workspace], environment: lack?.environment ?? [:])
  }

  /// Runs a command that succeeds.
  @discardableResult
  private func run(_ command: String, _ lack: Lack?, _ spec: String? = nil) throws -> Program.Outcome {
    let outcome = try start(command, lack, spec)
    #expect(outcome.exitCode == 0, "\(command): \(outcome.errors)")
    return outcome
  }

  /// Starts a long build and kills it once a file is there.
  private func kill(_ lack: Lack?, when names: String...) throws {
    try Program.kill(
      when: { names.contains { (FileStatus(workspace + "/" + $0)?.byteCount ?? 0) > 0 } },
      environment: lack?.environment ?? [:], "build", long, "--workspace", workspace)
  }

  private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: workspace + "/" + name) }

  @Test(arguments: Lack.all)
  fileprivate func aPipelineEndsWithTheSameBytes(_ lack: Lack) throws {
    #expect(try !run("status", lack).output.contains("done"))
    try run("run", lack)
    let (_, _, expected) = try finishedPipeline.get()
    #expect(try PipelineResults(workspace: workspace) == PipelineResults(workspace: expected))
    #expect(try !run("status", lack).output.contains("to go on"))
    #expect(try run("verify", lack).output.contains("no faults"))
    #expect(!exists("lock.holder"))
    guard lack.hasLocks else { return }
    let variables = lack.environment.map { "\($0)='\($1)'" }.joined(separator: " ")
    let rows = try Program.shell(
      "\(variables) sqlite3 results/catalog.sqlite 'SELECT count(*) FROM sample'", in: folder)
    #expect(rows.output == "540\n", "\(rows.errors)")
  }

  /// Of several commands at once, one writes at a time; the others say that it does.
  @Test(arguments: Lack.all)
  fileprivate func oneCommandWritesAtATime(_ lack: Lack) throws {
    // A command that was killed has left its lock, which each of the others may take over.
    try kill(lack, when: "lock.holder", "lock")
    let outcomes = try Program.runTogether(
      Array(repeating: ["build", long, "--workspace", workspace], count: 4), environment: lack.environment)
    let (exitCodes, errors) = (outcomes.map(\.exitCode), outcomes.map(\.errors))
    #expect(exitCodes.contains(0) && Set(exitCodes).isSubset(of: [0, 75]), "\(errors)")
    let runs = try sqlite(workspace + "/catalog.sqlite", "SELECT count(*) FROM run WHERE outcome = 'done'")
    #expect(runs == "\(exitCodes.count { $0 == 0 })\n")
    let overlaps = """
      SELECT count(*) FROM run AS a JOIN run AS b ON a.id < b.id
      WHERE a.outcome = 'done' AND b.outcome = 'done' AND b.started_at < a.finished_at
      """
    #expect(try sqlite(workspace + "/catalog.sqlite", overlaps) == "0\n")
    #expect(!exists("lock.holder") && !exists("lock.holder.takeover"))
  }

  /// Moved in the middle of a build between file systems with and without shared memory and locks.
  @Test(arguments: [nil, Lack.memoryAndLockFile, .lustre], [nil, Lack.memoryAndLockFile, .lustre])
  fileprivate func aWorkspaceCanMove(from first: Lack?, to second: Lack?) throws {
    try kill(first, when: "shards/train-00005.shard.zst")
    try run("status", second, long)
    try run("build", second, long)
    #expect(try run("verify", second, long).output.contains("no faults"))
    try run("verify", first, long)
    try run("build", first, long)
  }

  @Test func aHolderOnAnotherMachineIsNamed() throws {
    try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
    let holder = LockHolder(process: 7, startTicks: 1, boot: "1", namespace: "pid:[1]", host: "elsewhere")
    for lack in [nil, Lack.lustre] {
      _ = try folder.write(holder.line, as: "results/lock.holder")
      let outcome = try start("build", lack)
      #expect(outcome.exitCode == 75)
      #expect(outcome.errors.contains("/results/lock.holder says that process 7 on elsewhere"), "\(outcome.errors)")
      try FileManager.default.removeItem(atPath: workspace + "/lock.holder")
      try run("build", lack)
    }
  }

  /// For this process there are kernel locks, for the program there are none.
  @Test func theLocksOfOtherKindsAreRespected() throws {
    try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
    let lock = try LockFile(workspace + "/lock")
    let outcome = try start("build", .lustre)
    #expect(outcome.exitCode == 75 && outcome.errors.contains("held by process \(getpid())"), "\(outcome.errors)")
    #expect(!exists("lock.holder"))
    _ = consume lock
    try run("build", .lustre)
  }

  /// A write-ahead log's index in shared memory is one machine's.
  @Test func whatAnotherMachineWritesIsReadWhenItEnds() throws {
    try run("build", nil)
    let lock = try LockFile(workspace + "/lock")
    let holder = LockHolder(process: 7, startTicks: 1, boot: "1", namespace: "pid:[1]", host: "elsewhere")
    _ = try folder.write(holder.line, as: "results/lock")
    let outcome = try start("status", nil)
    #expect(outcome.exitCode == 75 && outcome.errors.contains("process 7 on elsewhere"), "\(outcome.errors)")
    _ = consume lock
    _ = try folder.write(holder.line, as: "results/lock")
    try run("status", nil)
    #expect(try Data(contentsOf: URL(filePath: workspace + "/lock")).isEmpty)
  }

  /// Without locks, a reader could see half of a transaction.
  @Test func readersWaitWhereTheyCannotShare() throws {
    try run("build", .lustre)
    let lock = try LockFile(workspace + "/lock")
    let outcome = try start("status", .lustre)
    #expect(outcome.exitCode == 75 && outcome.errors.contains("network file system"), "\(outcome.errors)")
    _ = consume lock
    try run("status", .lustre)
  }

  /// As `CrashTests`, with a rollback journal.
  @Test func whatIsCutOffIsMadeGood() throws {
    let spec = try folder.write(crashSpec, as: "crash.yaml")
    let outcome = try Program.run(
      named: "crashtest", ["sweep", spec, "--every", "41"], environment: Lack.memoryAndLockFile.environment)
    #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
  }
}
