import Catalog
import Testing

@Suite("Training records")
struct TrainingRecordsTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let recording: PipelineRecording

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder.catalog(), for: .write)
    recording = try PipelineRecording()
  }

  @Test("gives the last steps of the curve, smoothed over fifty")
  func learningCurve() throws {
    try catalog.recordMetrics(recording.metrics(1...120, imagesPerSecond: 500))
    let curve = try catalog.learningCurve(last: 3)
    #expect(curve.map(\.step) == [118, 119, 120])
    let last = try #require(curve.last)
    let mean = (71...120).reduce(0) { $0 + 4 / Double($1) } / 50
    #expect(abs(try #require(last.smoothedLoss) - mean) < 1e-12)
    #expect(last.images == 120 * 128 && last.loss == 4.0 / 120 && last.imagesPerSecond == 500)
    #expect(try catalog.learningCurve(last: 1000).first?.smoothedLoss == 4)
  }

  @Test("keeps a step whose loss was not a number")
  func notANumber() throws {
    let step = MetricRow(
      step: 1, epoch: 0, images: 8, loss: .nan, learningRate: 0.1, accuracy: 0.5, imagesPerSecond: nil)
    try catalog.recordMetrics([step])
    let row = try #require(try catalog.learningCurve(last: 1).first)
    #expect(row.loss == nil && row.smoothedLoss == nil && row.imagesPerSecond == nil && row.learningRate == 0.1)
  }

  @Test("drops what comes after a step")
  func truncate() throws {
    try recording.recordTraining(rate: 100, in: catalog)
    #expect(try catalog.checkpoints() == [recording.checkpoint(atStep: 20), recording.checkpoint(atStep: 10)])
    try catalog.truncateTraining(afterStep: 10)
    #expect(try catalog.checkpoints() == [recording.checkpoint(atStep: 10)])
    #expect(try catalog.learningCurve(last: 100).map(\.step) == Array(1...10))
    try catalog.removeCheckpoint(atStep: 10)
    #expect(try catalog.checkpoints().isEmpty)
  }

  private func bestCheckpoint() throws -> [String] {
    try SQLiteShell.rows("SELECT step FROM best_checkpoint", in: folder.catalog())
  }

  @Test("knows the best of the kept checkpoints by its validation", .needsSQLiteShell)
  func validation() throws {
    #expect(try bestCheckpoint().isEmpty)
    for (step, exact) in [(10, 7), (20, 9), (30, 9), (40, 8)] {
      try catalog.recordCheckpoint(
        recording.checkpoint(atStep: step), metrics: recording.metrics(step - 9...step, imagesPerSecond: 100),
        validation: ValidationRow(step: step, images: 12, exact: exact))
    }
    #expect(try bestCheckpoint() == ["30"])
    let curve = try catalog.learningCurve(last: 100)
    #expect(curve.compactMap(\.validationAccuracy) == [7.0 / 12, 0.75, 0.75, 8.0 / 12])
    #expect(curve[29].validationAccuracy == 0.75 && curve[29].smoothedAccuracy == 0.5)
    try catalog.removeCheckpoint(atStep: 30)
    #expect(try bestCheckpoint() == ["20"])
    try catalog.truncateTraining(afterStep: 15)
    #expect(try bestCheckpoint() == ["10"])
    #expect(try catalog.learningCurve(last: 100).compactMap(\.validationAccuracy) == [7.0 / 12])
  }

  @Test("starts anew with the stage")
  func restart() throws {
    try catalog.recordCheckpoint(
      CheckpointRow(step: 0, file: "checkpoints/step-000000000.safetensors", contentHash: "hash", loss: nil),
      metrics: [])
    try recording.recordTraining(rate: 100, in: catalog)
    let stage = recording.stage("train", .running)
    try catalog.restartTraining(stage)
    #expect(try catalog.learningCurve(last: 100).isEmpty)
    #expect(try catalog.checkpoints().isEmpty)
    #expect(try catalog.stage(named: "train") == stage)
    #expect(try catalog.stage(named: "evaluate test") == nil)
  }

  @Test("notes how runs ended, and which died", .needsSQLiteShell)
  func runs() throws {
    let run = RunRow(command: "glyphline run x.yaml", version: "0.1", cpu: "test", threads: 2, precision: nil)
    let ids = try [0, 60, 120].map { try catalog.startRun(run, at: .init(timeIntervalSince1970: $0)) }
    try catalog.finishRun(ids[2], .interrupted, at: .init(timeIntervalSince1970: 150))
    #expect(
      try SQLiteShell.rows("SELECT started_at, finished_at, outcome FROM run ORDER BY id", in: folder.catalog()) == [
        "1970-01-01T00:00:00Z||died", "1970-01-01T00:01:00Z||died",
        "1970-01-01T00:02:00Z|1970-01-01T00:02:30Z|interrupted",
      ])
  }
}
