import Catalog
import Testing

@Suite("Left-out blocks")
struct LeftOutRecordsTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let recording: PipelineRecording

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder.catalog(), for: .write)
    recording = try PipelineRecording()
    try recording.recordShards(in: catalog)
  }

  private func row(_ stage: String, shard: Int = 1, block: Int = 2) -> LeftOutRow {
    LeftOutRow(
      stage: stage, split: .test, shard: shard, block: block, records: block * 8..<block * 8 + 6,
      fault: "a wrong checksum")
  }

  @Test("are recorded once for each stage")
  func once() throws {
    #expect(try catalog.recordLeftOut(row("train")))
    #expect(try !catalog.recordLeftOut(row("train")))
    #expect(try catalog.recordLeftOut(row("train", block: 0)))
    #expect(try catalog.recordLeftOut(row("evaluate test")))
    #expect(try catalog.leftOutSampleCount(ofStage: "train") == 12)
    #expect(try catalog.leftOutSampleCount(ofStage: "evaluate test") == 6)
  }

  @Test("are forgotten when the stage or its split begins anew")
  func anew() throws {
    for stage in ["train", "evaluate test"] { _ = try catalog.recordLeftOut(row(stage)) }
    try catalog.restartTraining(recording.stage("train", .running))
    #expect(try catalog.leftOutSampleCount(ofStage: "train") == 0)
    #expect(try catalog.leftOutSampleCount(ofStage: "evaluate test") == 6)
    try catalog.removeLeftOut(ofStage: "evaluate test")
    #expect(try catalog.leftOutSampleCount(ofStage: "evaluate test") == 0)
    _ = try catalog.recordLeftOut(row("train"))
    try catalog.restartBuild(recording.stage("build test", .running), of: .test)
    #expect(try catalog.leftOutSampleCount(ofStage: "train") == 0)
  }

  @Test("of an evaluation are forgotten when the shard is whole again, and it is then unfinished")
  func mended() throws {
    for stage in ["train", "evaluate test"] {
      try catalog.recordStage(recording.stage(stage, .done))
      for shard in 0...1 { _ = try catalog.recordLeftOut(row(stage, shard: shard)) }
    }
    let shards = try catalog.shards(of: .test)
    try catalog.recordMended(shards[1])
    #expect(try catalog.leftOutSampleCount(ofStage: "evaluate test") == 6)
    #expect(try catalog.stage(named: "evaluate test")?.state == .running)
    #expect(try catalog.leftOutSampleCount(ofStage: "train") == 12)
    #expect(try catalog.stage(named: "train")?.state == .done)
    try catalog.recordStage(recording.stage("evaluate test", .done))
    try catalog.recordMended(shards[1])
    #expect(try catalog.stage(named: "evaluate test")?.state == .done)
  }

  @Test("are of a recorded shard")
  func unknownShard() throws {
    #expect(throws: CatalogError.self) { try catalog.recordLeftOut(row("train", shard: 4)) }
  }
}
