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
  /// Trains the model from the train split, or goes on where a stopped training was.
  /// - Parameter modelPath: A model whose weights training begins with; it becomes the workspace's initial model. nil for
  ///   the initial model that there is, or, where there is none, for weights that are drawn.
  package func train(from modelPath: String? = nil) throws {
    let precision = try resolvedPrecision()
    let data = try requireSplit(.train, for: "training")
    guard data.count >= spec.training.imagesPerStep else {
      throw PipelineError.tooFewSamples(count: data.count, needed: spec.training.imagesPerStep)
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
      stepsPerEpoch: dataset.sampleCount / spec.training.imagesPerStep, runHash: request.hash.description)
    let trainer = try Trainer(plan, backend: backend, team: team)
    if let initial { _ = trainer.parameters.load(initial.file.tensors) }
    if recorded?.contentHash != request.hash.description {
      announce(request, recorded: recorded, whenInterrupted: "")
      try catalog.restartTraining(request.row(.running))
    } else {
      try resumeFromCheckpoint(trainer)
      announce(request, recorded: recorded, whenInterrupted: "going on after step \(trainer.step) of \(plan.stepCount)")
      try catalog.recordStage(request.row(.running))
    }
    report(.note(describe(trainer)))
    let validation = try makeValidation(precision: precision, stage: request.name)
    let start = Date()
    let firstStep = trainer.step
    let learning = Learning(
      self, trainer: trainer, validation: validation, dataset: dataset, stage: request.name)
    try learning.run()
    try saveModel(trainer)
    try catalog.recordStage(request.row(.done))
    let images = (trainer.step - firstStep) * spec.training.imagesPerStep
    report(
      .finished(
        stage: request.name,
        summary: "\(images) images seen, \(Int(Double(images) / -start.timeIntervalSinceNow)) a second"))
  }

  private func describe(_ trainer: Trainer) -> String {
    let operations = (try? NetworkPlan(model).operationCount) ?? 0
    let training = trainer.plan.training
    let images =
      training.candidates == 1 ? "\(training.batch)" : "the hardest \(training.batch) of \(training.imagesPerStep)"
    return
      "\(model.name): \(trainer.parameters.learnedCount) parameters, \(operations / 1_000_000) million operations to"
      + " read an image; \(backend.name), \(trainer.plan.precision.rawValue), \(team.threadCount) threads;"
      + " \(trainer.plan.stepCount - trainer.step) steps of \(images) images, \(expectedTime(trainer))"
  }

  /// How long training will take, from the time of one step: the first one, which meets cold caches, does not count.
  private func expectedTime(_ trainer: Trainer) -> String {
    trainer.rehearse()
    let start = Date()
    trainer.rehearse()
    let seconds = -start.timeIntervalSinceNow * Double(trainer.plan.stepCount - trainer.step)
    return seconds < 90 ? "about \(Int(seconds.rounded(.up))) s" : "about \(Int((seconds / 60).rounded())) min"
  }

  private func makeValidation(precision: Precision, stage: String) throws -> Validation? {
    guard spec.datasets[.validation] != nil else {
      report(
        .note(
          "the spec has no validation split (datasets.validation), so nothing shows how well unseen images are read "
            + "while the model learns"
        ))
      return nil
    }
    _ = try requireSplit(.validation, for: "training")
    let dataset = try dataset(of: .validation)
    let batches = try readingSamples {
      try Validation.batches(of: dataset, leaveOut: try leavingOut(stage: stage, split: .validation))
    }
    return try Validation(batches, model: model, precision: precision, backend: backend, team: team)
  }

  private func saveModel(_ trainer: Trainer) throws {
    let file = ModelFile(model, tensors: trainer.result.tensors)
    try writeDurably(try file.encoded(), to: workspace.modelPath, in: fileSystem)
  }
}
