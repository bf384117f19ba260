import Faults
import Files
import Foundation
import Pipeline
import RankThreads
import Ranks
import Specs
import Testing
import Workers
import crashtest

/// A pipeline that several ranks share ends with the bytes of one process, also after an error or a stop.
@Suite struct RankPipelineTests {
  private static let spec = tinySpec(
    train: 500, extra: ""
  ).replacing("test: {count: 60}", with: "validation: {count: 70}, test: {count: 300}")
  private static let expected = Result { () throws -> PipelineResults in
    let folder = try Folder()
    _ = try run(1, spec, in: folder.path + "/work")
    return try PipelineResults(workspace: folder.path + "/work")
  }

  /// How each rank ended.
  private struct Ending: Sendable {
    let message: String
    let status: Files.ExitStatus?
  }

  /// - Parameters:
  ///   - failingDisk: A rank's disk.
  ///   - prepare: Called on each rank with what can stop it.
  private static func run(
    _ count: Int, _ yaml: String, specOfLastRank: String? = nil, in path: String,
    workspaceOfLastRank: String? = nil, failingDisk: (rank: Int, disk: FaultyDisk)? = nil,
    onNote: @escaping @Sendable (_ text: String) -> Void = { _ in }, cancelledRank: Int? = nil
  ) throws -> [Ending] {
    try runAsRanks(count) { ranks in
      let group = RankGroup(ranks)
      let (cancellation, isLast) = (Cancellation(), ranks.rank == count - 1 && count > 1)
      do {
        let spec = try PipelineSpec(yaml: isLast ? specOfLastRank ?? yaml : yaml, path: "test.yaml")
        let workspace = Workspace(path: isLast ? workspaceOfLastRank ?? path : path)
        var fileSystem: any FileSystem = SystemFileSystem()
        if let failingDisk, failingDisk.rank == ranks.rank { fileSystem = FaultyFileSystem(on: failingDisk.disk) }
        if ranks.rank == cancelledRank {
          Thread.detachNewThread {
            while !FileManager.default.fileExists(atPath: path + "/checkpoints/step-000000008.safetensors") {
              usleep(1000)
            }
            cancellation.cancel()
          }
        }
        if group.isFirst {
          let pipeline = try Pipeline(
            spec, in: workspace, threadCount: 1, fileSystem: fileSystem, group: group, cancellation: cancellation
          ) { event in
            if case .note(let text) = event { onNote(text) }
          }
          _ = try pipeline.recording("test", version: "0") { try $0.run() }
        } else {
          try assistFirstRank(
            spec, in: workspace, threadCount: 1, fileSystem: fileSystem, group: group, cancellation: cancellation)
        }
        return Ending(message: "", status: nil)
      } catch {
        group.end(with: error)
        if error is Interrupted { return Ending(message: "interrupted", status: .interrupted) }
        return Ending(message: ErrorReport(error).message, status: ErrorReport(error).status)
      }
    }
  }

  private func expectResults(in workspace: String) throws {
    let differences = try PipelineResults(workspace: workspace).differences(from: Self.expected.get())
    #expect(differences == [])
  }

  @Test(arguments: [2, 3, 9]) func theNumberOfRanksChangesNothing(count: Int) throws {
    let folder = try Folder()
    let endings = try Self.run(count, Self.spec, in: folder.path + "/work")
    #expect(endings.allSatisfy { $0.status == nil }, "\(endings)")
    try expectResults(in: folder.path + "/work")
  }

  /// A full disk, at operations of every stage. All ranks end with the message and exit code of the one that has it, and
  /// others go on.
  @Test(arguments: [(rank: 0, operation: 9), (0, 60), (0, 85), (1, 1), (2, 4)])
  func aFullDiskOfOneRankEndsAll(rank: Int, operation: Int) throws {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    let disk = FaultyDisk(failingWith: ENOSPC, atOperation: operation)
    let endings = try Self.run(3, Self.spec, in: workspace, failingDisk: (rank, disk))
    #expect(disk.failedPlace != nil)
    for (number, ending) in endings.enumerated() {
      #expect(ending.status == .inputOutput)
      #expect(ending.message == (number == rank ? "" : "rank \(rank): ") + endings[rank].message)
      #expect(ending.message.contains("No space left on device"))
    }
    #expect(try Self.run(2, Self.spec, in: workspace).allSatisfy { $0.status == nil })
    try expectResults(in: workspace)
  }

  @Test(arguments: [0, 2]) func allStopWhereOneIsAskedTo(rank: Int) throws {
    let folder = try Folder()
    let workspace = folder.path + "/work"
    let endings = try Self.run(3, Self.spec, in: workspace, cancelledRank: rank)
    #expect(endings.allSatisfy { $0.status == .interrupted }, "\(endings)")
    #expect(!FileManager.default.fileExists(atPath: workspace + "/model.safetensors"))
    #expect(try Self.run(4, Self.spec, in: workspace).allSatisfy { $0.status == nil })
    try expectResults(in: workspace)
  }

  @Test func ranksWithOtherSpecsEnd() throws {
    let folder = try Folder()
    let endings = try Self.run(
      3, Self.spec, specOfLastRank: Self.spec.replacing("batch: 16", with: "batch: 32"), in: folder.path + "/work")
    for ending in endings {
      #expect(ending.status == .badData && ending.message.contains("rank 2 has another spec than rank 0"), "\(ending)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/work"))
  }

  @Test func ranksInOtherWorkspacesEnd() throws {
    let folder = try Folder()
    let other = folder.path + "/other"
    let endings = try Self.run(2, Self.spec, in: folder.path + "/work", workspaceOfLastRank: other)
    for ending in endings {
      #expect(ending.message.contains("\(other) on ") && ending.message.contains("is not the workspace of rank 0"))
    }
  }

  @Test func moreRanksThanLanesAreNamed() throws {
    let folder = try Folder()
    let notes = NoteList()
    _ = try Self.run(9, Self.spec, in: folder.path + "/work") { notes.append($0) }
    #expect(notes.texts.contains { $0.contains("dealt out to at most 8 ranks") && $0.contains("1 of 9 wait") })
  }

  /// Damaged blocks that are left out, also where another rank predicts their batch.
  @Test func damagedBlocksAreLeftOutAlike() throws {
    let yaml = Self.spec.replacing("block: 16}", with: "block: 16, on_corrupt: skip}")
    func results(_ count: Int) throws -> (files: [String: Data], tables: String) {
      let folder = try Folder()
      let workspace = folder.path + "/work"
      let spec = try folder.write(yaml, as: "spec.yaml")
      #expect(try Program.run("build", spec, "--workspace", workspace).exitCode == 0)
      for (name, fraction) in [("train-00001", 0.5), ("test-00000", 0.3), ("test-00002", 0.9)] {
        let path = workspace + "/shards/\(name).shard.zst"
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[Int(Double(bytes.count) * fraction)] ^= 1
        try bytes.write(to: URL(filePath: path))
      }
      #expect(try Self.run(count, yaml, in: workspace).allSatisfy { $0.status == nil })
      let results = try PipelineResults(workspace: workspace)
      return (results.files, results.tables.replacing(workspace, with: ""))
    }
    let (expected, found) = (try results(1), try results(3))
    #expect(found.files == expected.files)
    #expect(found.tables == expected.tables)
    #expect(expected.tables.contains("evaluate test|test|2"))
  }
}

// SAFETY: every access is locked.
private final class NoteList: @unchecked Sendable {
  private let lock = NSLock()
  private var notes: [String] = []
  func append(_ text: String) { lock.withLock { notes.append(text) } }
  var texts: [String] { lock.withLock { notes } }
}
