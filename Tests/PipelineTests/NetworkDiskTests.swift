import Files
import Foundation
import Testing
import crashtest

/// What a file system lacks: the variables with which `Tests/NoLocks/nolocks.c` makes calls fail.
private struct Lack: Sendable, CustomTestStringConvertible {
  let variables: String

  var testDescription: String { variables }
  /// In front of a command, in a shell script.
  var environment: String { "LD_PRELOAD=\"$(dirname \"$glyphline\")/libnolocks.so\" \(variables)" }
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
  private var workspace: String { folder.path + "/work" }

  init() throws {
    folder = try Folder()
    _ = try folder.write(tinySpec(), as: "spec.yaml")
    _ = try folder.write(tinySpec(train: 3200), as: "long.yaml")
  }

  private func shell(_ script: String) throws -> Program.Outcome { try Program.shell(script, in: folder) }

  private func command(_ command: String, _ lack: Lack?, _ spec: String = "spec.yaml") -> String {
    "\(lack?.environment ?? "") \"$glyphline\" \(command) \(spec) --workspace work"
  }

  /// - Returns: What a command said.
  @discardableResult
  private func run(_ name: String, _ lack: Lack?, _ spec: String = "spec.yaml") throws -> Program.Outcome {
    let outcome = try shell(command(name, lack, spec))
    #expect(outcome.exitCode == 0, "\(name): \(outcome.errors)")
    return outcome
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
    let rows = try shell("\(lack.environment) sqlite3 work/catalog.sqlite 'SELECT count(*) FROM sample'")
    #expect(rows.output == "540\n", "\(rows.errors)")
  }

  /// Of several commands at once, one writes at a time; the others say that it does.
  @Test(arguments: Lack.all)
  fileprivate func oneCommandWritesAtATime(_ lack: Lack) throws {
    // A command that was killed has left its lock, which each of the others may take over.
    _ = try shell(killed(lack, until: "[ -s work/lock.holder ] || [ -s work/lock ]"))
    let start = "{ \(command("build", lack, "long.yaml")); echo $?; } 2>>errors & "
    let outcome = try shell(String(repeating: start, count: 4) + "wait; cat errors >&2")
    let exitCodes = outcome.output.split(separator: "\n").filter { Int($0) != nil }
    #expect(exitCodes.count == 4 && exitCodes.contains("0"), "\(outcome.errors)")
    #expect(Set(exitCodes).isSubset(of: ["0", "75"]), "\(outcome.errors)")
    let runs = try sqlite(workspace + "/catalog.sqlite", "SELECT count(*) FROM run WHERE outcome = 'done'")
    #expect(runs == "\(exitCodes.count { $0 == "0" })\n")
    let overlaps = """
      SELECT count(*) FROM run AS a JOIN run AS b ON a.id < b.id
      WHERE a.outcome = 'done' AND b.outcome = 'done' AND b.started_at < a.finished_at
      """
    #expect(try sqlite(workspace + "/catalog.sqlite", overlaps) == "0\n")
    #expect(!exists("lock.holder") && !exists("lock.holder.takeover"))
  }

  /// A script that starts a command and kills it once a condition holds.
  private func killed(_ lack: Lack?, until condition: String) -> String {
    """
    \(command("build", lack, "long.yaml")) & pid=$!
    while kill -0 $pid && ! { \(condition); }; do :; done
    kill -9 $pid
    wait $pid
    """
  }

  /// Moved in the middle of a build between file systems with and without shared memory and locks.
  @Test(arguments: [nil, Lack.memoryAndLockFile, .lustre], [nil, Lack.memoryAndLockFile, .lustre])
  fileprivate func aWorkspaceCanMove(from first: Lack?, to second: Lack?) throws {
    _ = try shell(killed(first, until: "[ -e work/shards/train-00005.shard.zst ]"))
    try run("status", second, "long.yaml")
    try run("build", second, "long.yaml")
    #expect(try run("verify", second, "long.yaml").output.contains("no faults"))
    try run("verify", first, "long.yaml")
    try run("build", first, "long.yaml")
  }

  @Test func aHolderOnAnotherMachineIsNamed() throws {
    try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
    let holder = LockHolder(process: 7, startTicks: 1, boot: "1", namespace: "pid:[1]", host: "elsewhere")
    for lack in [nil, Lack.lustre] {
      _ = try folder.write(holder.line, as: "work/lock.holder")
      let outcome = try shell(command("build", lack))
      #expect(outcome.exitCode == 75)
      #expect(outcome.errors.contains("work/lock.holder says that process 7 on elsewhere"), "\(outcome.errors)")
      try FileManager.default.removeItem(atPath: workspace + "/lock.holder")
      try run("build", lack)
    }
  }

  /// For this process there are kernel locks, for the program there are none.
  @Test func theLocksOfOtherKindsAreRespected() throws {
    try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
    let lock = try LockFile(workspace + "/lock")
    let outcome = try shell(command("build", .lustre))
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
    _ = try folder.write(holder.line, as: "work/lock")
    let outcome = try shell(command("status", nil))
    #expect(outcome.exitCode == 75 && outcome.errors.contains("process 7 on elsewhere"), "\(outcome.errors)")
    _ = consume lock
    _ = try folder.write(holder.line, as: "work/lock")
    try run("status", nil)
    #expect(try Data(contentsOf: URL(filePath: workspace + "/lock")).isEmpty)
  }

  /// Without locks, a reader could see half of a transaction.
  @Test func readersWaitWhereTheyCannotShare() throws {
    try run("build", .lustre)
    let lock = try LockFile(workspace + "/lock")
    let outcome = try shell(command("status", .lustre))
    #expect(outcome.exitCode == 75 && outcome.errors.contains("network file system"), "\(outcome.errors)")
    _ = consume lock
    try run("status", .lustre)
  }

  /// As `CrashTests`, with a rollback journal.
  @Test func whatIsCutOffIsMadeGood() throws {
    _ = try folder.write(crashSpec, as: "crash.yaml")
    let crashtest = "\"$(dirname \"$glyphline\")/crashtest\""
    let outcome = try shell("\(Lack.memoryAndLockFile.environment) \(crashtest) sweep crash.yaml --every 7")
    #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
  }
}
