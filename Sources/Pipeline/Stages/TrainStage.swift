import Catalog
import Files
import Foundation
import Kernels
import Network
import Samples
import Specs
import Trainer

/// Trains the model on the train split.
struct TrainStage: Stage {
  let spec: PipelineSpec
  /// The model that the spec describes.
  let model: ModelDescription
  let precision: Precision
  let data: any SampleStage
  /// nil where the spec has no validation split.
  let validationData: (any SampleStage)?

  var name: String { "train" }

  /// Includes the layers of a named model, so that it is trained anew when they change.
  func inputs(in records: Records) throws -> StageInputs? {
    inputs(data: try data.data(in: records), initialWeights: try records.workspace.initialModelHash())
  }

  /// - Parameter initialWeights: Hash of the model file that training starts from; nil for random weights.
  private func inputs(data: SplitData, initialWeights: ContentHash?) -> StageInputs {
    var layers = ""
    if case .named = spec.model { layers = "layers=" + model.layers.map(\.text).joined(separator: "; ") }
    return StageInputs([
      StageInputs.section("model", spec.model.canonicalText),
      StageInputs.section("training", spec.training.canonicalText), "precision=\(precision.rawValue)",
      "seed=\(spec.seed)", "datasets.train.count=\(data.count)", "samples=\(data.inputs.hash)", layers,
      initialWeights.map { "initial weights=\($0)" } ?? "",
    ])
  }

  func state(in records: Records) throws -> StageState {
    let (data, path) = (try data.data(in: records), records.workspace.modelPath)
    let inputs = inputs(data: data, initialWeights: try records.workspace.initialModelHash())
    return try state(of: records.stage(named: name), for: inputs) { row in
      let checkpoints = checkpoints(data: data)
      let progress = try TrainingProgress(checkpoints, validates: validationData != nil, in: records)
      guard progress.step == checkpoints.stepCount else {
        return .partlyDone("\(progress.step) of \(counted(checkpoints.stepCount, "step")) done")
      }
      guard row.state == .done, let model = try? records.model(at: path),
        row.result == nil || model.hash.description == row.result
      else { return .partlyDone("all steps done; \(path) is missing or damaged") }
      return .done(path)
    }
  }

  private func checkpoints(data: SplitData) -> CheckpointSchedule {
    CheckpointSchedule(spec.training, stepsPerEpoch: data.count / spec.training.imagesPerStep)
  }

  func run(in session: Session, on engine: Engine) throws {
    let data = try data.recordedData(in: session.records, for: "training")
    guard data.count >= spec.training.imagesPerStep else {
      throw PipelineError.tooFewSamples(count: data.count, needed: spec.training.imagesPerStep)
    }
    let initial = try session.workspace.initialModel(for: model)
    let inputs = inputs(data: data, initialWeights: try initial?.hash())
    let dataset = try session.dataset(of: self.data)
    let trainer = try Trainer(
      TrainingPlan(
        training: spec.training, model: model, seed: spec.seed, precision: precision,
        stepsPerEpoch: dataset.sampleCount / spec.training.imagesPerStep, runHash: inputs.hash.description),
      backend: engine.backend, team: engine.team)
    if let initial { _ = trainer.parameters.load(initial.tensors) }
    try resume(trainer, inputs, in: session)
    session.report(.note(describe(trainer, on: engine)))
    let validation = try makeValidation(in: session, on: engine)
    let start = Date()
    let firstStep = trainer.step
    let journal = CatalogJournal(session: session, stage: name, imagesPerStep: spec.training.imagesPerStep)
    try session.readingSamples(of: self.data) {
      try TrainingLoop(trainer, validation: validation, journal: journal).run(
        on: dataset, leaveOut: try session.leavingOut(stage: name, split: .train, spec.shards),
        cancellation: session.cancellation)
    }
    let file = try ModelFile(model, tensors: trainer.result.tensors).encoded()
    try writeDurably(file, to: session.workspace.modelPath, in: session.fileSystem)
    try session.catalog.recordStage(row(.done, inputs, result: ContentHash(of: file).description))
    let images = (trainer.step - firstStep) * spec.training.imagesPerStep
    session.report(
      .finished(stage: name, summary: "\(counted(images, "image")), \(perSecond(images, since: start)) a second"))
  }

  /// Restores the newest usable checkpoint, and drops later steps and checkpoints from the catalog.
  private func resume(_ trainer: Trainer, _ inputs: StageInputs, in session: Session) throws {
    guard try session.records.stage(named: name)?.contentHash == inputs.hash.description else {
      return try session.catalog.restartTraining(row(.running, inputs))
    }
    let progress = try TrainingProgress(
      trainer.plan.checkpoints, validates: validationData != nil, in: session.records)
    for fault in progress.faults { session.report(.note("\(fault); ignoring this checkpoint")) }
    if let checkpoint = progress.checkpoint {
      let path = session.workspace.path(ofFile: checkpoint.file)
      if !trainer.restore(try Checkpoint(contentsOf: path, hash: checkpoint.contentHash)) {
        session.report(.note("\(path) belongs to another training; ignoring it"))
      }
    }
    try session.catalog.truncateTraining(afterStep: trainer.step)
    try session.catalog.recordStage(row(.running, inputs))
  }

  private func describe(_ trainer: Trainer, on engine: Engine) -> String {
    let operations = (try? NetworkPlan(model).operationCount) ?? 0
    let training = trainer.plan.training
    let images =
      training.candidates == 1 ? "\(training.batch)" : "the hardest \(training.batch) of \(training.imagesPerStep)"
    return
      "\(model.name): \(trainer.parameters.learnedCount) parameters, \(operations / 1_000_000) million operations for"
      + " an image; \(engine.backend.name), \(precision.rawValue), \(counted(engine.team.threadCount, "thread"));"
      + " \(counted(trainer.plan.stepCount - trainer.step, "step")) of \(images) images, \(expectedTime(trainer))"
  }

  /// How long training will take, from the time of a second step: in the first one, caches are cold.
  private func expectedTime(_ trainer: Trainer) -> String {
    trainer.rehearse()
    let start = Date()
    trainer.rehearse()
    let seconds = -start.timeIntervalSinceNow * Double(trainer.plan.stepCount - trainer.step)
    return seconds < 90 ? "about \(Int(seconds.rounded(.up))) s" : "about \(Int((seconds / 60).rounded())) min"
  }

  private func makeValidation(in session: Session, on engine: Engine) throws -> Validation? {
    guard let validationData else {
      session.report(
        .note(
          "the spec has no validation split (datasets.validation), so training shows no accuracy on new images"))
      return nil
    }
    _ = try validationData.recordedData(in: session.records, for: "training")
    let dataset = try session.dataset(of: validationData)
    let batches = try session.readingSamples(of: validationData) {
      try Validation.batches(
        of: dataset, leaveOut: try session.leavingOut(stage: name, split: .validation, spec.shards))
    }
    return try Validation(batches, model: model, precision: precision, backend: engine.backend, team: engine.team)
  }
}
