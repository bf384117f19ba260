import Catalog
import Files
import Trainer

/// Stores a training's steps in the catalog, and its checkpoints as files that the catalog lists.
struct CatalogJournal: TrainingJournal {
  let session: Session
  /// The stage's name.
  let stage: String
  let imagesPerStep: Int

  func record(_ steps: [TimedStep]) throws { try session.catalog.recordMetrics(steps.map(row)) }

  func record(_ checkpoint: TrainingCheckpoint, after steps: [TimedStep]) throws {
    let path = session.workspace.checkpointPath(step: checkpoint.step)
    try writeDurably(checkpoint.bytes, to: path, in: session.fileSystem)
    try session.catalog.recordCheckpoint(
      CheckpointRow(
        step: checkpoint.step, file: session.workspace.file(ofPath: path),
        contentHash: ContentHash(of: checkpoint.bytes).description, loss: checkpoint.loss),
      metrics: steps.map(row),
      validation: checkpoint.validation.map { ValidationRow(step: $0.step, images: $0.images, exact: $0.exact) })
  }

  func validations() throws -> [ValidationResult] { try session.catalog.validations().map { ValidationResult($0) } }

  func keepCheckpoints(atSteps steps: Set<Int>) throws {
    let (catalog, workspace, fileSystem) = (session.catalog, session.workspace, session.fileSystem)
    for row in try catalog.checkpoints() where !steps.contains(row.step) {
      try catalog.removeCheckpoint(atStep: row.step)
    }
    let recorded = Set(try catalog.checkpoints().map { workspace.path(ofFile: $0.file) })
    let strays = try contents(ofFolder: workspace.checkpointsPath).sorted()
      .map { workspace.checkpointsPath + "/" + $0 }.filter { !recorded.contains($0) }
    for path in strays { try fileSystem.remove(path) }
    if !strays.isEmpty { try fileSystem.syncDirectory(workspace.checkpointsPath) }
  }

  func note(_ text: String) { session.report(.note(text)) }

  func show(step: Int, of stepCount: Int, detail: String) {
    session.report(
      .progress(
        stage: stage, done: step * imagesPerStep, total: stepCount * imagesPerStep, unit: "images", detail: detail))
  }

  private func row(_ timed: TimedStep) -> MetricRow {
    let step = timed.step
    return MetricRow(
      step: step.number + 1, epoch: step.epoch, images: (step.number + 1) * imagesPerStep, loss: step.loss,
      learningRate: step.learningRate, accuracy: Double(step.exactCount) / Double(imagesPerStep),
      imagesPerSecond: Double(imagesPerStep) / timed.seconds)
  }
}

extension ValidationResult {
  init(_ row: ValidationRow) { self.init(step: row.step, images: row.images, exact: row.exact) }
}
