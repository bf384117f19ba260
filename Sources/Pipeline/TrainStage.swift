import Catalog
import Files
import Foundation
import Kernels
import Loader
import Network
import Samples
import Shards
import Specs
import Trainer
import Workers

extension Pipeline {
  /// Steps in one transaction: few enough that whoever queries the learning curve sees it grow.
  private static let metricsAtATime = 20

  /// Trains the model from the train split, or goes on where a stopped training was.
  /// - Parameter modelPath: A model whose weights training begins with; it becomes the workspace's initial model. nil for
  ///   the initial model that there is, or, where there is none, for weights that are drawn.
  package func train(from modelPath: String? = nil) throws {
    let precision = try resolvedPrecision()
    let model = ModelDescription(spec.model, reading: spec.captcha)
    let data = try requireSplit(.train, for: "training")
    guard data.count >= spec.training.batch else {
      throw PipelineError.tooFewSamples(count: data.count, batch: spec.training.batch)
    }
    if let modelPath { try adoptInitialModel(modelPath, for: model) }
    let initial = try initialModel(for: model)
    let request = StageRequest.train(
      spec, model: model, precision: precision.rawValue, data: data, initialWeights: initial?.hash)
    let recorded = try catalog.stage(named: request.name)
    if let recorded, recorded.contentHash == request.hash.description, recorded.state == .done,
      (try? ModelFile(contentsOf: workspace.modelPath)) != nil
    {
      report(.skipped(stage: request.name, reason: workspace.modelPath))
      return
    }
    let dataset = try dataset(of: .train)
    let plan = TrainingPlan(
      training: spec.training, model: model, seed: spec.seed, precision: precision,
      stepsPerEpoch: dataset.sampleCount / spec.training.batch, runHash: request.hash.description)
    let trainer = try Trainer(plan, backend: backend, team: team)
    if let initial { _ = trainer.parameters.load(initial.file.tensors) }
    if recorded?.contentHash != request.hash.description {
      announce(request, recorded: recorded, whenInterrupted: "")
      try catalog.restartTraining(request.row(.running))
    } else {
      try resume(trainer)
      announce(request, recorded: recorded, whenInterrupted: "going on after step \(trainer.step) of \(plan.stepCount)")
      try catalog.recordStage(request.row(.running))
    }
    report(.note(describe(trainer, model: model)))
    let start = Date()
    let firstStep = trainer.step
    try learn(trainer, dataset: dataset, stage: request.name)
    // A crash may have come between the last checkpoint and this.
    try removeOldCheckpoints(at: trainer.step)
    try saveModel(trainer, model: model)
    try catalog.recordStage(request.row(.done))
    let images = (trainer.step - firstStep) * spec.training.batch
    report(
      .finished(
        stage: request.name,
        summary: "\(images) images learned from, \(Int(Double(images) / -start.timeIntervalSinceNow)) a second"))
  }

  /// The samples of a split, which must be there.
  func requireSplit(_ split: Split, for purpose: String) throws -> SplitData {
    let request = try buildRequest(split)
    let recorded = try catalog.stage(named: request.name)
    let count = try catalog.sampleCount(of: split)
    guard let dataset = spec.datasets[split], recorded?.contentHash == request.hash.description,
      recorded?.state == .done, count == dataset.count ?? count
    else {
      throw PipelineError.missing(
        stage: "the \(split.rawValue) split that \(purpose) needs", remedy: remedy(forMissing: split))
    }
    return SplitData(request: request, count: count)
  }

  func dataset(of split: Split) throws -> Dataset {
    let paths = try catalog.shards(of: split).map { workspace.path(ofFile: $0.file) }
    let dataset = try readingSamples { try Dataset(paths: paths) }
    let captcha = spec.captcha
    guard dataset.geometry == captcha.geometry, dataset.alphabet == captcha.alphabet,
      dataset.labelCapacity == captcha.lengths.upperBound
    else { throw PipelineError.unusableShards(.foreign(path: paths[0])) }
    return dataset
  }

  /// What `body` returns; where it comes upon a shard that cannot be read, the error says how to have it again.
  func readingSamples<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as ShardError {
      throw PipelineError.unusableShards(.shard(error))
    } catch let error as LoaderError {
      throw PipelineError.unusableShards(error)
    }
  }

  private func describe(_ trainer: Trainer, model: ModelDescription) -> String {
    let operations = (try? NetworkPlan(model).operationCount) ?? 0
    return
      "\(model.name): \(trainer.parameters.learnedCount) parameters, \(operations / 1_000_000) million operations to"
      + " read an image; \(backend.name), \(trainer.plan.precision.rawValue), \(team.threadCount) threads"
  }

  /// Puts the trainer where the newest usable checkpoint was, and drops from the catalog what came after it.
  private func resume(_ trainer: Trainer) throws {
    for row in try catalog.checkpoints() {
      let path = workspace.path(ofFile: row.file)
      do {
        // Any bytes make floats: only the recorded hash tells whether they are those that were saved.
        let bytes = try ReadableFile.contents(of: path)
        if ContentHash(of: bytes).description != row.contentHash {
          report(.note("\(path) is damaged; it is left out"))
        } else if trainer.restore(try Checkpoint(bytes: bytes, path: path)) {
          break
        } else {
          report(.note("\(path) is of another training; it is left out"))
        }
      } catch {
        report(.note("\(error); this checkpoint is left out"))
      }
    }
    try catalog.truncateTraining(afterStep: trainer.step)
  }

  private func learn(_ trainer: Trainer, dataset: Dataset, stage: String) throws {
    var metrics: [MetricRow] = []
    let batch = spec.training.batch
    var smoothedLoss: Double?
    let loader = try BatchLoader(
      dataset, order: .shuffled(seed: SeedPurpose.order.seed(from: spec.seed)), batchSize: batch,
      startBatch: trainer.step, threadCount: 1,
      leaveOut: try leavingOut(stage: stage, split: .train))
    var start = Date()
    while !trainer.isDone, let images = try readingSamples({ try loader.next() }) {
      let step = try trainer.learn(from: images)
      let end = Date()
      metrics.append(
        MetricRow(
          step: step.number + 1, epoch: step.epoch, images: (step.number + 1) * batch, loss: step.loss,
          learningRate: step.learningRate, imagesPerSecond: Double(batch) / end.timeIntervalSince(start)))
      start = end
      smoothedLoss = smoothedLoss.map { 0.98 * $0 + 0.02 * step.loss } ?? step.loss
      report(
        .progress(
          stage: stage, done: (step.number + 1) * batch, total: trainer.plan.stepCount * batch, unit: "images",
          detail: "loss \(String(format: "%.4f", smoothedLoss ?? step.loss))"))
      if cancellation.isCancelled || trainer.isDone || trainer.step % spec.training.checkpointEvery == 0 {
        try save(trainer, loss: step.loss, metrics: metrics)
        metrics = []
      } else if metrics.count == Self.metricsAtATime {
        try catalog.recordMetrics(metrics)
        metrics = []
      }
      try cancellation.check()
    }
  }

  /// Makes a checkpoint durable, records it with the steps that led to it, and removes those that no longer count.
  private func save(_ trainer: Trainer, loss: Double, metrics: [MetricRow]) throws {
    let path = workspace.checkpointPath(step: trainer.step)
    let bytes = try trainer.checkpoint.encoded()
    try writeDurably(bytes, to: path, in: fileSystem)
    try catalog.recordCheckpoint(
      CheckpointRow(
        step: trainer.step, file: workspace.file(ofPath: path), contentHash: ContentHash(of: bytes).description,
        loss: loss),
      metrics: metrics)
    try removeOldCheckpoints(at: trainer.step)
  }

  /// Removes the checkpoints that no longer count after `step` steps, all but the one just made and the regular one before
  /// it, and files that the catalog does not list: what a crash or a former spec left.
  private func removeOldCheckpoints(at step: Int) throws {
    let every = spec.training.checkpointEvery
    let kept = [step, (step - 1) / every * every]
    for row in try catalog.checkpoints() where !kept.contains(row.step) {
      try catalog.removeCheckpoint(atStep: row.step)
    }
    let recorded = Set(try catalog.checkpoints().map { workspace.path(ofFile: $0.file) })
    let strays = try contents(ofFolder: workspace.checkpointsPath).sorted().map { workspace.checkpointsPath + "/" + $0 }
      .filter { !recorded.contains($0) }
    for path in strays { try fileSystem.remove(path) }
    if !strays.isEmpty { try fileSystem.syncDirectory(workspace.checkpointsPath) }
  }

  private func saveModel(_ trainer: Trainer, model: ModelDescription) throws {
    let file = ModelFile(model, tensors: trainer.parameters.tensors)
    try writeDurably(try file.encoded(), to: workspace.modelPath, in: fileSystem)
  }
}
