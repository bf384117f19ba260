import Files
import Foundation
import Kernels
import Loader
import Network
import Ranks
import Samples
import Specs
import Workers

/// All settings of a training.
package struct TrainingPlan: Sendable {
  package let training: TrainingSpec
  package let model: ModelDescription
  /// Seed of initial weights, order of samples, distortion and dropout.
  package let seed: UInt64
  package let precision: Precision
  package let stepsPerEpoch: Int
  /// Hash of everything that the final weights depend on.
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

  package var stepCount: Int { checkpoints.stepCount }
  package var checkpoints: CheckpointSchedule { CheckpointSchedule(training, stepsPerEpoch: stepsPerEpoch) }
}

/// The result of one training step.
package struct TrainingStep: Sendable, Hashable {
  /// From 0.
  package let number: Int
  package let epoch: Int
  /// The mean loss of the batch, before the step's update of the weights.
  package let loss: Double
  /// Exact images of all that the step inferred, before its update of the weights.
  package let exactCount: Int
  package let learningRate: Double
}

/// Trains a network, step by step.
///
/// Every step is a function of the parameters, the optimizer's state, the batch and the step's number, so a training
/// resumed from a checkpoint repeats the same steps.
package final class Trainer {
  package let plan: TrainingPlan
  /// The number of the next step.
  package private(set) var step = 0
  private let network: Network
  private let optimizer: Optimizer
  private let ranks: any Communicator
  private let distortion: Distortion?
  private let hardest: HardestImages?

  /// - Parameter ranks: Those that train together, each on some of a batch's images. All of them call every method that
  ///   says so, in the same order.
  /// - Throws: The errors of `Network.init` and `Optimizer.init`.
  package init(_ plan: TrainingPlan, backend: any Backend, team: Team, ranks: any Communicator = SingleRank()) throws {
    self.plan = plan
    self.ranks = ranks
    let (training, model, precision) = (plan.training, plan.model, plan.precision)
    network = try Network(
      model, for: .training, batch: training.batch, laneCountMax: training.laneCountMax, precision: precision,
      dropoutSeed: SeedPurpose.dropout.seed(from: plan.seed), labelSmoothing: training.labelSmoothing,
      backend: backend, team: team, ranks: ranks)
    network.parameters.drawWeights(seed: SeedPurpose.weights.seed(from: plan.seed))
    optimizer = try Optimizer(
      network.parameters, owners: network.owners, rule: training.optimizer, weightDecay: training.weightDecay,
      averageDecay: training.average,
      backend: backend)
    distortion =
      training.distortion == 0
      ? nil
      : Distortion(
        geometry: model.input, reach: training.distortion * Double(model.input.height),
        seed: SeedPurpose.distortion.seed(from: plan.seed))
    hardest =
      training.candidates == 1
      ? nil
      : HardestImages(
        network: try Network(
          model, for: .inference, batch: min(training.imagesPerStep, HardestImages.batchMax),
          laneCountMax: training.laneCountMax, precision: precision, backend: backend, team: team),
        parts: network.imageParts, candidates: training.candidates, ranks: ranks)
  }

  /// How many ranks can have images to train on.
  package var laneCount: Int { network.laneCount }

  /// The candidates of a step that this rank reads, by their index.
  package var ownCandidates: Range<Int> {
    let (images, candidates) = (network.ownImages, plan.training.candidates)
    return images.lowerBound * candidates..<images.upperBound * candidates
  }

  /// The parameters that the next step updates.
  package var parameters: Parameters { network.parameters }
  /// The parameters for inference, after `collectState`: their moving average, or, where none is kept, the parameters
  /// themselves.
  package var result: Parameters { optimizer.average ?? network.parameters }
  package var isDone: Bool { step >= plan.stepCount }

  /// Gives every rank the whole state, for a checkpoint or for `result`. All ranks call it.
  package func collectState() { optimizer.collectState() }

  /// The bytes of a checkpoint file at this step, after `collectState`.
  package func encodedCheckpoint() throws -> [UInt8] {
    try Checkpoint.encoded(step: step, runHash: plan.runHash, parameters: network.parameters, optimizer: optimizer)
  }

  /// Resumes from `checkpoint`.
  /// - Returns: False, with nothing changed, where it belongs to another training.
  package func restore(_ checkpoint: Checkpoint) -> Bool {
    guard checkpoint.runHash == plan.runHash, checkpoint.step <= plan.stepCount,
      checkpoint.restore(network.parameters, optimizer)
    else { return false }
    step = checkpoint.step
    return true
  }

  /// - Throws: `TrainingError.unreadableLabel` where the model cannot predict a label's length.
  package func requireReadable(_ batch: Batch) throws(TrainingError) {
    if let index = batch.labels.firstIndex(where: { $0 >= plan.model.classCount }) {
      throw .unreadableLabel(sample: batch.indices[index / batch.labelCapacity])
    }
  }

  /// Makes the next step. All ranks call it.
  /// - Parameters:
  ///   - images: [own candidates, height, width, channel], 8-bit.
  ///   - labels: [own candidates, positions], classes of the model.
  /// - Throws: `TrainingError.diverged` where the loss is not finite. The weights are then unchanged, but the running
  ///   statistics are not.
  package func train(images: [UInt8], labels: [UInt16]) throws(TrainingError) -> TrainingStep {
    let (number, team) = (step, network.team)
    let choice = choose(from: images, labels: labels)
    let distorted = distortion.map { distortion in
      team.time(WorkLabel("input", "distortion")) {
        distortion.distorted(
          choice.images, from: network.ownImages.lowerBound, of: network.batch, step: number, team: team)
      }
    }
    let (loss, exactCount) = network.computeGradients(
      images: distorted ?? choice.images, labels: choice.labels, step: number)
    guard loss.isFinite else {
      throw .diverged(step: number + 1, location: network.firstLayerNotFinite() ?? "the loss")
    }
    let rate = plan.training.learningRate(atStep: number, of: plan.stepCount)
    optimizer.update(
      network.parameters, gradients: network.gradients, learningRate: rate, step: number + 1, team: team)
    step += 1
    return TrainingStep(
      number: number, epoch: number / plan.stepsPerEpoch, loss: loss,
      exactCount: choice.exactCount ?? exactCount, learningRate: rate)
  }

  /// The images that a step trains on, chosen from its candidates.
  private func choose(from images: [UInt8], labels: [UInt16]) -> HardestImages.Choice {
    guard let hardest else { return HardestImages.Choice(images: images, labels: labels, exactCount: nil) }
    return network.team.time(WorkLabel("candidates", "choice")) {
      hardest.choose(from: images, labels: labels, by: network.parameters)
    }
  }

  /// - Throws: `TrainingError.diverged` where a parameter is not finite; such a state must not become a checkpoint.
  package func requireFiniteParameters() throws(TrainingError) {
    if let parameter = parameters.firstNotFinite { throw .diverged(step: step, location: parameter.name) }
  }

  /// Computes a step on blank images and changes nothing, to measure its time. All ranks call it.
  package func rehearse() {
    let model = plan.model
    let present = Array(UnsafeBufferPointer(start: parameters.values.floats, count: parameters.count))
    let count = ownCandidates.count
    let images = [UInt8](repeating: 255, count: count * model.input.byteCount)
    let labels = [UInt16](repeating: 0, count: count * model.positions)
    let choice = choose(from: images, labels: labels)
    _ = network.computeGradients(images: choice.images, labels: choice.labels, step: 0)
    parameters.values.floats.update(from: present, count: present.count)
  }
}

package enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// `location`: the layer with an output that is not finite, or the parameter that is not.
  case diverged(step: Int, location: String)
  /// A label has a length that the model cannot predict.
  case unreadableLabel(sample: UInt64)

  package var description: String {
    switch self {
    case .unreadableLabel(let sample):
      "sample \(sample) of the train split has a number of characters that the model cannot predict"
    case .diverged(let step, let location):
      "training diverged in step \(step): a number in \(location) is not finite; try a lower training.learning_rate"
    }
  }
}
