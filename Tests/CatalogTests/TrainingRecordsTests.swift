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

  private func curve(_ columns: String, where condition: String = "true") throws -> [String] {
    try SQLiteShell.rows("SELECT \(columns) FROM learning_curve WHERE \(condition) ORDER BY step", in: folder.catalog())
  }

  @Test("gives the curve, its loss smoothed over fifty steps", .needsSQLiteShell)
  func learningCurve() throws {
    #expect(try catalog.lastStep() == nil)
    try catalog.recordMetrics(recording.metrics(1...120, imagesPerSecond: 500))
    let last = try #require(try catalog.lastStep())
    let mean = (71...120).reduce(0) { $0 + 4 / Double($1) } / 50
    #expect(abs(try #require(last.smoothedLoss) - mean) < 1e-12 && last.number == 120)
    #expect(try curve("images, loss = 4.0 / 120, images_per_second", where: "step = 120") == ["15360|1|500.0"])
    #expect(try curve("smoothed_loss", where: "step = 1") == ["4.0"])
  }

  @Test("keeps a step whose loss was not a number", .needsSQLiteShell)
  func notANumber() throws {
    let step = MetricRow(
      step: 1, epoch: 0, images: 8, loss: .nan, learningRate: 0.1, accuracy: 0.5, imagesPerSecond: nil)
    try catalog.recordMetrics([step])
    #expect(try curve("loss, smoothed_loss, images_per_second, learning_rate") == ["|||0.1"])
    #expect(try #require(try catalog.lastStep()).smoothedLoss == nil)
  }

  @Test("drops what comes after a step")
  func truncate() throws {
    try recording.recordTraining(rate: 100, in: catalog)
    #expect(try catalog.checkpoints() == [recording.checkpoint(atStep: 20), recording.checkpoint(atStep: 10)])
    try catalog.truncateTraining(afterStep: 10)
    #expect(try catalog.checkpoints() == [recording.checkpoint(atStep: 10)])
    #expect(try catalog.lastStep()?.number == 10)
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
    let (exact, isValidated) = ("step, validation_accuracy * 12", "validation_accuracy IS NOT NULL")
    #expect(try curve(exact, where: isValidated) == ["10|7.0", "20|9.0", "30|9.0", "40|8.0"])
    #expect(try curve("validation_accuracy, smoothed_accuracy", where: "step = 30") == ["0.75|0.5"])
    try catalog.removeCheckpoint(atStep: 30)
    #expect(try bestCheckpoint() == ["20"])
    try catalog.truncateTraining(afterStep: 15)
    #expect(try bestCheckpoint() == ["10"])
    #expect(try curve(exact, where: isValidated) == ["10|7.0"])
  }

  @Test("starts anew with the stage")
  func restart() throws {
    try catalog.recordCheckpoint(
      CheckpointRow(step: 0, file: "checkpoints/step-000000000.safetensors", contentHash: "hash", loss: nil),
      metrics: [])
    try recording.recordTraining(rate: 100, in: catalog)
    let stage = recording.stage("train", .running)
    try catalog.restartTraining(stage)
    #expect(try catalog.lastStep() == nil)
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
