import Files
import Foundation
import Kernels
import Loader
import Network
import Samples
import Specs
import Workers

/// What a training run learns from, and with what.
package struct TrainingPlan: Sendable {
  package let training: TrainingSpec
  package let model: ModelDescription
  /// Of initial weights, order and dropout.
  package let seed: UInt64
  package let precision: Precision
  package let stepsPerEpoch: Int
  /// Of everything that the final weights are a function of.
  package let runHash: String

  package init(
    training: TrainingSpec, model: ModelDescription, seed: UInt64, precision: Precision, stepsPerEpoch: Int,
    runHash: String
  ) {
    self.training = training
    self.model = model
    self.seed = seed
    self.precision = precision
    self.stepsPerEpoch = stepsPerEpoch
    self.runHash = runHash
  }

  package var stepCount: Int { stepsPerEpoch * training.epochs }
  package var checkpoints: CheckpointSchedule {
    CheckpointSchedule(every: training.checkpointEvery, stepCount: stepCount)
  }
}

/// One step of training, done.
package struct TrainingStep: Sendable, Hashable {
  /// From 0.
  package let number: Int
  package let epoch: Int
  /// The mean loss of the mini-batch, before the step's change of the weights.
  package let loss: Double
  /// Images that were read without a mistake, of all that the step looked at, before its change of the weights.
  package let exactCount: Int
  package let learningRate: Double

  package init(number: Int, epoch: Int, loss: Double, exactCount: Int, learningRate: Double) {
    self.number = number
    self.epoch = epoch
    self.loss = loss
    self.exactCount = exactCount
    self.learningRate = learningRate
  }
}

/// Learns the parameters of a network from mini-batches.
///
/// Every step is a function of the parameters, the optimiser's state and the step's number, so a run that is continued from
/// a checkpoint makes the very steps that it would have made.
package final class Trainer {
  package let plan: TrainingPlan
  /// The number of the next step.
  package private(set) var step = 0
  private let network: Network
  private let optimizer: Optimizer
  private let learningRate: LearningRate
  private let distortion: Distortion?
  private let hardest: HardestImages?

  /// - Throws: What `Network.init` and `Optimizer.init` throw.
  package init(_ plan: TrainingPlan, backend: any Backend, team: Team) throws {
    self.plan = plan
    network = try Network(
      plan.model, for: .training, batch: plan.training.batch, laneCountMax: plan.training.laneCountMax,
      precision: plan.precision,
      dropoutSeed: SeedPurpose.dropout.seed(from: plan.seed), labelSmoothing: plan.training.labelSmoothing,
      backend: backend, team: team)
    network.parameters.drawWeights(seed: SeedPurpose.weights.seed(from: plan.seed))
    optimizer = try Optimizer(
      network.parameters, rule: plan.training.optimizer, weightDecay: plan.training.weightDecay,
      averageDecay: plan.training.average, backend: backend)
    learningRate = LearningRate(plan.training, stepCount: plan.stepCount)
    distortion =
      plan.training.distortion == 0
      ? nil
      : Distortion(
        of: plan.model.input, share: plan.training.distortion, seed: SeedPurpose.distortion.seed(from: plan.seed))
    hardest =
      plan.training.candidates == 1
      ? nil
      : try HardestImages(
        plan.model, imageCount: plan.training.imagesPerStep, laneCountMax: plan.training.laneCountMax,
        precision: plan.precision, backend: backend, team: team)
  }

  /// What the next step starts from.
  package var parameters: Parameters { network.parameters }
  /// What has been learned, for reading: the running average of the parameters, or, where none is kept, the parameters.
  package var result: Parameters { optimizer.average ?? network.parameters }
  package var isDone: Bool { step >= plan.stepCount }

  /// The file of a checkpoint at this step.
  package func encodedCheckpoint() throws -> [UInt8] {
    try Checkpoint.encoded(step: step, runHash: plan.runHash, parameters: network.parameters, optimizer: optimizer)
  }

  /// Goes on from `checkpoint`.
  /// - Returns: False, and nothing changed, where it is of another run.
  package func restore(_ checkpoint: Checkpoint) -> Bool {
    guard checkpoint.runHash == plan.runHash, checkpoint.step <= plan.stepCount,
      checkpoint.restore(network.parameters, optimizer)
    else { return false }
    step = checkpoint.step
    return true
  }

  /// Makes the next step.
  /// - Throws: `TrainingError.unreadableLabel`, and what the other method throws.
  package func learn(from batch: Batch) throws(TrainingError) -> TrainingStep {
    if let index = batch.labels.firstIndex(where: { $0 >= plan.model.classCount }) {
      throw .unreadableLabel(sample: batch.indices[index / batch.labelCapacity])
    }
    return try learn(images: batch.images, labels: batch.labels)
  }

  /// Makes the next step.
  /// - Parameters:
  ///   - images: [batch * candidates, height, width, channel], 8-bit.
  ///   - labels: [batch * candidates, positions], classes of the model.
  /// - Throws: `TrainingError.diverged` where the loss is no longer a number: what is learned is then as before the step,
  ///   but the running statistics are not.
  package func learn(images: [UInt8], labels: [UInt16]) throws(TrainingError) -> TrainingStep {
    let (number, team) = (step, network.team)
    let choice = choose(from: images, labels: labels)
    let learned =
      distortion.map { distortion in
        team.time(WorkLabel("input", "distortion")) {
          distortion.distorted(choice.images, step: number, team: team)
        }
      } ?? choice.images
    let loss = network.computeGradients(images: learned, labels: choice.labels, step: number)
    guard loss.isFinite else { throw .diverged(step: number + 1, place: network.firstLayerNotFinite ?? "the loss") }
    let rate = learningRate.rate(atStep: number)
    optimizer.update(
      network.parameters, gradients: network.gradients, learningRate: rate, step: number + 1, team: team)
    step += 1
    return TrainingStep(
      number: number, epoch: number / plan.stepsPerEpoch, loss: loss,
      exactCount: choice.exactCount ?? network.exactCount, learningRate: rate)
  }

  /// What a step learns from, of the images that it looks at.
  private func choose(from images: [UInt8], labels: [UInt16]) -> HardestImages.Choice {
    guard let hardest else { return HardestImages.Choice(images: images, labels: labels, exactCount: nil) }
    return network.team.time(WorkLabel("candidates", "choice")) {
      hardest.choose(network.batch, of: images, labels: labels, by: network.parameters)
    }
  }

  /// - Throws: `TrainingError.diverged` where a learned number is no longer finite: such a state is not worth keeping.
  package func requireFiniteParameters() throws(TrainingError) {
    if let parameter = parameters.firstNotFinite { throw .diverged(step: step, place: parameter.name) }
  }

  /// Computes as one step does, on blank images, and leaves everything as it was: for whoever measures the time.
  package func rehearse() {
    let model = plan.model
    let values = UnsafeBufferPointer(start: parameters.values.floats, count: parameters.count)
    let present = Array(values)
    let count = plan.training.imagesPerStep
    let images = [UInt8](repeating: 255, count: count * model.input.byteCount)
    let labels = [UInt16](repeating: 0, count: count * model.positions)
    let choice = choose(from: images, labels: labels)
    _ = network.computeGradients(images: choice.images, labels: choice.labels, step: 0)
    parameters.values.floats.update(from: present, count: present.count)
  }
}

package enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// `place`: the layer whose output, or the parameter that is no longer finite.
  case diverged(step: Int, place: String)
  /// A label has a length that the model never gives.
  case unreadableLabel(sample: UInt64)

  package var description: String {
    switch self {
    case .unreadableLabel(let sample):
      "sample \(sample) of the train split has another number of characters than the model reads"
    case .diverged(let step, let place):
      "learning broke down in step \(step): a number in \(place) is not finite; try a lower training.learning_rate"
    }
  }
}
