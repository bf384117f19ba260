import Catalog
import Foundation
import Testing

@Suite("Resume", .needsSQLiteShell)
struct ResumeTests {
  /// All tables but those that hold what a clock said.
  private static let tables = "charset shard sample stage metric checkpoint evaluation prediction confusion"

  @Test("an interrupted pipeline ends with the same rows as an uninterrupted one")
  func sameDump() throws {
    let folder = try TemporaryFolder()
    let recording = try PipelineRecording()
    let straight = folder.catalog("straight")
    try recording.recordAll(in: try Catalog(straight, for: .write))

    let resumed = folder.catalog("resumed")
    // Another pipeline was here before.
    try PipelineRecording(characters: "xyz").recordAll(in: try Catalog(resumed, for: .write))
    try interruptedRecording(of: recording, in: resumed)

    let expected = try SQLiteShell.rows(".dump \(Self.tables)", in: straight)
    #expect(expected.count > 200 && expected.contains { $0.contains("中") })
    #expect(try SQLiteShell.rows(".dump \(Self.tables)", in: resumed) == expected)
    #expect(
      try SQLiteShell.rows(".dump metric_rate", in: resumed) != SQLiteShell.rows(".dump metric_rate", in: straight))
  }

  /// Each `Catalog` stands for a process that died after its last call.
  private func interruptedRecording(of recording: PipelineRecording, in path: String) throws {
    let run = RunRow(command: "run", version: "1", cpu: "test", threads: 2, precision: nil)
    var catalog = try Catalog(path, for: .write)
    _ = try catalog.startRun(run, at: Date(timeIntervalSince1970: 1_600_000_500))
    try catalog.restartBuild(recording.stage("build test", .running), of: .test)
    try recording.recordShards(0..<2, in: catalog)

    catalog = try Catalog(path, for: .write)
    #expect(try catalog.shards(of: .test).count == 2)
    // The process before may have died between a commit and the note that it was done.
    try recording.recordShards(1..<4, in: catalog)
    try catalog.recordStage(recording.stage("build test", .done))
    try catalog.restartTraining(recording.stage("train", .running))
    try recording.recordTraining(to: 27, rate: 300, in: catalog)

    catalog = try Catalog(path, for: .write)
    let step = try #require(try catalog.checkpoints().first?.step)
    #expect(step == 20)
    try catalog.truncateTraining(afterStep: step)
    try recording.recordTraining(from: step + 1, rate: 200, in: catalog)
    try catalog.recordStage(recording.stage("train", .done))
    _ = try catalog.recordEvaluation(recording.evaluation)
  }

  @Test("a catalog whose process was killed is whole")
  func killed() throws {
    let folder = try TemporaryFolder()
    let recording = try PipelineRecording()
    let catalog = try Catalog(folder.catalog(), for: .write)
    try recording.recordShards(0..<3, in: catalog)
    // What a killed process leaves behind: the database and its log, as they are at this moment.
    let copy = folder.catalog("copy")
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: folder.catalog() + suffix, toPath: copy + suffix)
    }
    #expect(try Catalog(copy, for: .write).sampleCount(of: .test) == 90)
    // A log cut short, as by a crash in a commit, takes back that commit and no other.
    let log = try Data(contentsOf: URL(fileURLWithPath: folder.catalog() + "-wal"))
    try FileManager.default.removeItem(atPath: copy)
    try FileManager.default.copyItem(atPath: folder.catalog(), toPath: copy)
    try log.prefix(log.count - 100).write(to: URL(fileURLWithPath: copy + "-wal"))
    #expect(try Catalog(copy, for: .write).sampleCount(of: .test) == 60)
  }
}
