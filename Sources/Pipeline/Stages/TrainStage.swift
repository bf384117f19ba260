import Catalog
import Files
import Foundation
import Kernels
import Loader
import Network
import Ranks
import Samples
import Specs
import Trainer
import Workers

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
    let trainer = try makeTrainer(dataset, runHash: inputs.hash.description, session.group, on: engine)
    if let initial { _ = trainer.parameters.load(initial.tensors) }
    let checkpoint = try resume(trainer, inputs, in: session)
    let validation = try makeValidation(in: session, on: engine)
    try session.group.assign(
      .train(
        TrainAssignment(
          runHash: inputs.hash.description, shards: session.shardFiles(of: self.data),
          validationShards: validationData.map(session.shardFiles), checkpoint: checkpoint,
          initialModel: initial?.hash().description)))
    _ = try session.group.agree {}
    let seconds = stepSeconds(trainer)
    session.report(.note(describe(trainer, stepSeconds: seconds, session.group, on: engine)))
    let start = Date()
    let firstStep = trainer.step
    let journal = CatalogJournal(session: session, stage: name, imagesPerStep: spec.training.imagesPerStep)
    try TrainingLoop(trainer, in: session.group, validation: validation, journal: journal).run(
      on: dataset, leaveOut: try session.leavingOut(stage: name, split: .train, spec.shards),
      cancellation: session.cancellation, reading: self.data.reading)
    let file = try ModelFile(model, tensors: trainer.result.tensors).encoded()
    try writeDurably(file, to: session.workspace.modelPath, in: session.fileSystem)
    try session.catalog.recordStage(row(.done, inputs, result: ContentHash(of: file).description))
    let images = (trainer.step - firstStep) * spec.training.imagesPerStep
    session.report(
      .finished(stage: name, summary: "\(counted(images, "image")), \(perSecond(images, since: start)) a second"))
  }

  private func makeTrainer(
    _ dataset: Dataset, runHash: String, _ group: RankGroup, on engine: Engine
  ) throws -> Trainer {
    try Trainer(
      TrainingPlan(
        training: spec.training, model: model, seed: spec.seed, precision: precision,
        stepsPerEpoch: dataset.sampleCount / spec.training.imagesPerStep, runHash: runHash),
      backend: engine.backend, team: engine.team, ranks: group.ranks)
  }

  /// Restores the newest usable checkpoint, and drops later steps and checkpoints from the catalog.
  /// - Returns: The checkpoint; nil where there is none.
  private func resume(_ trainer: Trainer, _ inputs: StageInputs, in session: Session) throws -> RecordedFile? {
    guard try session.records.stage(named: name)?.contentHash == inputs.hash.description else {
      try session.catalog.restartTraining(row(.running, inputs))
      return nil
    }
    let progress = try TrainingProgress(
      trainer.plan.checkpoints, validates: validationData != nil, in: session.records)
    for fault in progress.faults { session.report(.note("\(fault); ignoring this checkpoint")) }
    var restored: RecordedFile?
    if let checkpoint = progress.checkpoint {
      let path = session.workspace.path(ofFile: checkpoint.file)
      if trainer.restore(try Checkpoint(contentsOf: path, hash: checkpoint.contentHash)) {
        restored = RecordedFile(file: checkpoint.file, hash: checkpoint.contentHash)
      } else {
        session.report(.note("\(path) belongs to another training; ignoring it"))
      }
    }
    try session.catalog.truncateTraining(afterStep: trainer.step)
    try session.catalog.recordStage(row(.running, inputs))
    return restored
  }

  private func describe(
    _ trainer: Trainer, stepSeconds: Double, _ group: RankGroup, on engine: Engine
  ) -> String {
    let operations = (try? NetworkPlan(model).operationCount) ?? 0
    let training = trainer.plan.training
    let images =
      training.candidates == 1 ? "\(training.batch)" : "the hardest \(training.batch) of \(training.imagesPerStep)"
    let seconds = stepSeconds * Double(trainer.plan.stepCount - trainer.step)
    let time = seconds < 90 ? "about \(Int(seconds.rounded(.up))) s" : "about \(Int((seconds / 60).rounded())) min"
    let threads = counted(engine.team.threadCount, "thread")
    return
      "\(model.name): \(trainer.parameters.learnedCount) parameters, \(operations / 1_000_000) million operations for"
      + " an image; \(engine.backend.name), \(precision.rawValue),"
      + " \(group.count == 1 ? threads : "\(group.count) ranks, \(threads) on the first");"
      + " \(counted(trainer.plan.stepCount - trainer.step, "step")) of \(images) images, \(time)"
      + (group.count > trainer.laneCount
        ? "; a batch is dealt out to at most \(trainer.laneCount) ranks (training.lanes), so"
          + " \(group.count - trainer.laneCount) of \(group.count) wait for the others" : "")
  }

  /// How long a step takes: a second one, since in the first one caches are cold. All ranks measure it together.
  private func stepSeconds(_ trainer: Trainer) -> Double {
    trainer.rehearse()
    let start = Date()
    trainer.rehearse()
    return -start.timeIntervalSinceNow
  }

  private func makeValidation(in session: Session, on engine: Engine) throws -> Validation? {
    guard let validationData else {
      session.report(
        .note(
          "the spec has no validation split (datasets.validation), so training shows no accuracy on new images"))
      return nil
    }
    _ = try validationData.recordedData(in: session.records, for: "training")
    return try makeValidation(
      session.dataset(of: validationData), of: validationData, session.group, on: engine,
      leaveOut: session.leavingOut(stage: name, split: .validation, spec.shards))
  }

  private func makeValidation(
    _ dataset: Dataset, of data: any SampleStage, _ group: RankGroup, on engine: Engine,
    leaveOut: ((LeftOutBlock) throws -> Void)?
  ) throws -> Validation {
    let batches = try data.reading { try Validation.batches(of: dataset, leaveOut: leaveOut) }
    return try Validation(
      batches, model: model, precision: precision, backend: engine.backend, team: engine.team, ranks: group.ranks)
  }
}

// MARK: - Other ranks

extension TrainStage {
  /// Does the part of a rank other than the first.
  func assist(
    _ assignment: TrainAssignment, in workspace: Workspace, _ group: RankGroup, on engine: Engine,
    _ cancellation: Cancellation
  ) throws {
    let leaveOut = spec.shards.silentLeaveOut
    let ((trainer, dataset, validation), _) = try group.agree {
      let dataset = try data.dataset(of: assignment.shards, in: workspace)
      let trainer = try makeTrainer(dataset, runHash: assignment.runHash, group, on: engine)
      try restore(trainer, from: assignment, in: workspace)
      var validation: Validation?
      if let validationData, let shards = assignment.validationShards {
        validation = try makeValidation(
          validationData.dataset(of: shards, in: workspace), of: validationData, group, on: engine, leaveOut: leaveOut)
      }
      return (trainer, dataset, validation)
    }
    _ = stepSeconds(trainer)
    try TrainingLoop(trainer, in: group, validation: validation, journal: EmptyJournal()).run(
      on: dataset, leaveOut: leaveOut, cancellation: cancellation, reading: data.reading)
  }

  private func restore(_ trainer: Trainer, from assignment: TrainAssignment, in workspace: Workspace) throws {
    if let checkpoint = assignment.checkpoint {
      let path = workspace.path(ofFile: checkpoint.file)
      guard trainer.restore(try Checkpoint(contentsOf: path, hash: checkpoint.hash)) else {
        throw PipelineError.changedFile(path: path)
      }
    } else if let hash = assignment.initialModel {
      guard let initial = try workspace.initialModel(for: model), try initial.hash().description == hash else {
        throw PipelineError.changedFile(path: workspace.initialModelPath)
      }
      _ = trainer.parameters.load(initial.tensors)
    }
  }
}

/// The journal of a rank that records nothing.
private struct EmptyJournal: TrainingJournal {
  func record(_ steps: [TimedStep]) {}
  func record(_ checkpoint: TrainingCheckpoint, after steps: [TimedStep]) {}
  func validations() -> [ValidationResult] { [] }
  func keepCheckpoints(atSteps steps: Set<Int>) {}
  func note(_ text: String) {}
  func show(step: Int, of stepCount: Int, detail: String) {}
}
