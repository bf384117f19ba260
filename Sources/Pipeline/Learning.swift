import Catalog
import Evaluation
import Files
import Foundation
import Loader
import Network
import Samples
import Trainer

/// A training under way: step after step, with what is recorded and said of it.
final class Learning {
  /// Steps in one transaction: few enough that whoever queries the learning curve sees it grow.
  private static let metricsAtATime = 20
  /// Regular checkpoints kept beside the best one.
  private static let checkpointsKept = 3

  private let pipeline: Pipeline
  private let trainer: Trainer
  private let validation: Validation?
  private let dataset: Dataset
  private let stage: String
  private var watch: LearningWatch
  /// Steps that are not recorded yet.
  private var metrics: [MetricRow] = []
  private var lastValidation: ValidationRow?

  init(_ pipeline: Pipeline, trainer: Trainer, validation: Validation?, dataset: Dataset, stage: String) {
    self.pipeline = pipeline
    self.trainer = trainer
    self.validation = validation
    self.dataset = dataset
    self.stage = stage
    watch = LearningWatch(trainer.plan.model)
  }

  private var imagesPerStep: Int { trainer.plan.training.imagesPerStep }
  private var isCheckpointDue: Bool {
    trainer.isDone || trainer.step % trainer.plan.training.checkpointEvery == 0
  }

  /// Goes on to the last step, or until the pipeline is cancelled.
  func run() throws {
    let loader = try BatchLoader(
      dataset, order: .shuffled(seed: SeedPurpose.order.seed(from: trainer.plan.seed)), batchSize: imagesPerStep,
      startBatch: trainer.step, threadCount: 1,
      leaveOut: try pipeline.leavingOut(stage: stage, split: .train))
    var start = Date()
    while !trainer.isDone, let batch = try pipeline.readingSamples({ try loader.next() }) {
      let step = try learn(from: batch)
      let end = Date()
      record(step, seconds: end.timeIntervalSince(start))
      start = end
      if isCheckpointDue || pipeline.cancellation.isCancelled {
        try save(loss: step.loss)
      } else if metrics.count == Self.metricsAtATime {
        try recordMetrics()
      }
      try pipeline.cancellation.check()
    }
    // A crash may have come between the last checkpoint and this.
    try removeOldCheckpoints()
  }

  /// Makes a step. The steps before one that fails are recorded.
  private func learn(from batch: Batch) throws -> TrainingStep {
    do throws(TrainingError) {
      return try trainer.learn(from: batch)
    } catch {
      try recordMetrics()
      throw error
    }
  }

  private func record(_ step: TrainingStep, seconds: Double) {
    metrics.append(
      MetricRow(
        step: step.number + 1, epoch: step.epoch, images: (step.number + 1) * imagesPerStep, loss: step.loss,
        learningRate: step.learningRate, accuracy: Double(step.exactCount) / Double(imagesPerStep),
        imagesPerSecond: Double(imagesPerStep) / seconds))
    if let remark = watch.observe(step, images: imagesPerStep) { pipeline.report(.note(remark)) }
    var detail = "loss \(String(format: "%.4f", watch.loss)), \(percent(watch.accuracy, decimals: 1)) read"
    if let last = lastValidation {
      detail += ", of validation \(percent(Double(last.exact) / Double(last.images), decimals: 1))"
    }
    pipeline.report(
      .progress(
        stage: stage, done: (step.number + 1) * imagesPerStep, total: trainer.plan.stepCount * imagesPerStep,
        unit: "images", detail: detail))
  }

  private func recordMetrics() throws {
    try pipeline.catalog.recordMetrics(metrics)
    metrics = []
  }

  /// Makes a checkpoint durable, records it with the steps that led to it, and removes those that no longer count.
  private func save(loss: Double) throws {
    do throws(TrainingError) {
      try trainer.requireFiniteParameters()
    } catch {
      try recordMetrics()
      throw error
    }
    let path = pipeline.workspace.checkpointPath(step: trainer.step)
    let bytes = try trainer.encodedCheckpoint()
    try writeDurably(bytes, to: path, in: pipeline.fileSystem)
    // One that an interruption asks for is not validated: whether it is made must change nothing.
    let validated = isCheckpointDue ? validate() : nil
    try pipeline.catalog.recordCheckpoint(
      CheckpointRow(
        step: trainer.step, file: pipeline.workspace.file(ofPath: path),
        contentHash: ContentHash(of: bytes).description, loss: loss),
      metrics: metrics, validation: validated)
    metrics = []
    try removeOldCheckpoints()
  }

  private func validate() -> ValidationRow? {
    guard let validation else { return nil }
    let exact = validation.exactCount(trainer.result)
    if let remark = watch.observeValidation(exact: exact, of: validation.imageCount) {
      pipeline.report(.note(remark))
    }
    lastValidation = ValidationRow(step: trainer.step, images: validation.imageCount, exact: exact)
    return lastValidation
  }

  /// Keeps the newest checkpoint, the regular ones before it, and the best one. All others go, and files that the catalog
  /// does not list: what a crash or a former spec left.
  private func removeOldCheckpoints() throws {
    let every = trainer.plan.training.checkpointEvery
    let lastRegular = (trainer.step - 1) / every * every
    var kept = Set((0..<Self.checkpointsKept - 1).map { lastRegular - $0 * every })
    kept.insert(trainer.step)
    let (catalog, workspace, fileSystem) = (pipeline.catalog, pipeline.workspace, pipeline.fileSystem)
    if let best = try catalog.bestCheckpointStep() { kept.insert(best) }
    for row in try catalog.checkpoints() where !kept.contains(row.step) {
      try catalog.removeCheckpoint(atStep: row.step)
    }
    let recorded = Set(try catalog.checkpoints().map { workspace.path(ofFile: $0.file) })
    let strays = try contents(ofFolder: workspace.checkpointsPath).sorted()
      .map { workspace.checkpointsPath + "/" + $0 }.filter { !recorded.contains($0) }
    for path in strays { try fileSystem.remove(path) }
    if !strays.isEmpty { try fileSystem.syncDirectory(workspace.checkpointsPath) }
  }
}

extension Pipeline {
  /// Puts the trainer where the newest usable checkpoint was, and drops from the catalog what came after it.
  func resumeFromCheckpoint(_ trainer: Trainer) throws {
    for row in try catalog.checkpoints() {
      let path = workspace.path(ofFile: row.file)
      do {
        let checkpoint = try Checkpoint(contentsOf: path, hash: row.contentHash)
        if trainer.restore(checkpoint) { break }
        report(.note("\(path) is of another training; it is left out"))
      } catch {
        report(.note("\(error); this checkpoint is left out"))
      }
    }
    try catalog.truncateTraining(afterStep: trainer.step)
  }
}
