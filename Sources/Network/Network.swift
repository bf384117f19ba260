import Kernels
import Ranks
import Samples
import Specs
import Workers

/// A model in memory, for training or inference in mini-batches of one size.
///
/// All memory is allocated when the network is made. Activations keep what the backward pass needs; every step
/// overwrites the gradients of activations and of parameters.
package final class Network: Sendable {
  package enum Purpose: Sendable {
    case training
    /// After the first images, only `adopt` may change the parameters.
    case inference
  }

  package let description: ModelDescription
  package let plan: NetworkPlan
  package let parameters: Parameters
  /// The gradient of the last step's loss: [parameters.learnedCount].
  package let gradients: AlignedBuffer
  /// Images in a mini-batch, of all ranks together.
  package let batch: Int
  /// Which learned values this rank's optimizer updates.
  package let owners: ParameterOwners
  package let team: Team

  private let lanes: Lanes
  private let loss: LossModule
  private let state: StepState
  private let purpose: Purpose
  private let forwardPass: Pass
  private let lossPass: Pass
  private let backwardPass: Pass
  private let gradientSums: GradientSums
  private let entries: [ModuleBuilder.Entry]

  /// - Parameters:
  ///   - laneCountMax: As in `Lanes.init`.
  ///   - dropoutSeed: Of the dropout masks alone; the initial weights are drawn by `Parameters.drawWeights`.
  ///   - labelSmoothing: That of `SoftmaxCrossEntropy`; 0 with another loss.
  ///   - ranks: Those that train it together, each on some lanes. All of them compute each step.
  /// - Throws: `LayerError` where layers do not fit together, `KernelError` where the backend lacks a kernel for one.
  package init(
    _ description: ModelDescription, for purpose: Purpose, batch: Int, laneCountMax: Int = TrainingSpec.usualLaneCount,
    precision: Precision, dropoutSeed: UInt64 = 0, labelSmoothing: Double = 0, backend: any Backend, team: Team,
    ranks: any Communicator = SingleRank()
  ) throws {
    precondition(batch > 0 && (purpose == .training || ranks.count == 1))
    self.description = description
    self.purpose = purpose
    self.batch = batch
    self.team = team
    plan = try NetworkPlan(description)
    parameters = Parameters(plan)
    lanes = Lanes(
      batch: batch, countMax: laneCountMax, activationByteCount: plan.largestPlaneCount * precision.byteCount,
      isTraining: purpose == .training, threadCount: team.threadCount, ranks: ranks)
    owners = ParameterOwners(parameters, lanes: lanes)
    gradients = AlignedBuffer(Float.self, count: purpose == .training ? parameters.learnedCount : 0)
    state = StepState(dropoutSeed: dropoutSeed)
    let order = backend.order(filters: plan.filters, precision: precision)
    let input = makeInputModule(description.input, order: order, precision: precision, lanes: lanes, state: state)
    var builder = ModuleBuilder(
      parameters: parameters, gradients: gradients, owners: owners, state: state, order: order, lanes: lanes,
      precision: precision,
      backend: backend, threadCount: team.threadCount, isTraining: purpose == .training,
      entries: [.init(name: "input", module: input, hasParameters: false)])
    for pass in fuse(plan.layers, isTraining: purpose == .training) { try builder.append(pass) }
    entries = builder.entries
    loss = LossModule(
      description, labelSmoothing: Float(labelSmoothing), logits: builder.output.features, lanes: lanes, state: state)
    forwardPass = Pass(
      entries.flatMap { entry in entry.module.forward.map { (entry.name, $0) } },
      purpose == .training ? .forward : .inference, cut: lanes)
    lossPass = Pass([("loss", .lanes(loss.run))], .forward, cut: lanes)
    backwardPass = Pass(
      entries.reversed().flatMap { entry in entry.module.backward.map { (entry.name, $0) } }, .backward, cut: lanes)
    gradientSums = GradientSums(builder.convolutionGradients.reversed(), lanes: lanes.partition)
  }

  /// The images of a mini-batch that this rank trains on, by their index in it.
  package var ownImages: Range<Int> { lanes.ownImages }
  /// Those of each rank.
  package var imageParts: [Range<Int>] { lanes.partition.parts.map(lanes.images(ofLanes:)) }
  /// How many ranks can have images to train on.
  package var laneCount: Int { lanes.count }

  /// A network for inference with the parameters of a model file.
  /// - Throws: As the other initialiser.
  package convenience init(
    _ model: ModelFile, batch: Int, precision: Precision, backend: any Backend, team: Team
  ) throws {
    try self.init(
      model.description, for: .inference, batch: batch, precision: precision, backend: backend, team: team)
    let missing = parameters.load(model.tensors)
    precondition(missing == nil, "a model file is checked when it is read")
  }

  /// Copies the values of `other`, the parameters of a network with the same layers.
  package func adopt(_ other: Parameters) {
    precondition(other.count == parameters.count)
    parameters.values.floats.update(from: other.values.floats, count: other.count)
    state.isPrepared = false
  }

  /// Computes the loss of one mini-batch and its gradient with respect to every learned parameter. Of several ranks,
  /// each ends up with the gradients of the values that `owners` gives it.
  /// - Parameters:
  ///   - images: [own images, height, width, channel].
  ///   - labels: [own images, length], class indices.
  ///   - step: The number of the step, which decides the dropout masks.
  /// - Returns: The mean loss of the batch, and how many of its images have their label as most likely text.
  package func computeGradients(images: [UInt8], labels: [UInt16], step: Int) -> (loss: Double, exactCount: Int) {
    let count = lanes.ownImages.count
    precondition(images.count == count * description.input.byteCount && labels.count == count * description.positions)
    state.step = UInt64(step)
    return images.withUnsafeBufferPointer { images in
      labels.withUnsafeBufferPointer { labels in
        (state.images, state.labels) = (images.baseAddress, labels.baseAddress)
        defer { (state.images, state.labels) = (nil, nil) }
        forwardPass.run(on: team)
        lossPass.run(on: team)
        backwardPass.run(on: team) { gradientSums.begin($0, on: team) }
        gradientSums.finish(on: team)
        return loss.total()
      }
    }
  }

  /// The first layer with parameters whose output in the last pass has a value that is not finite, on any rank. All
  /// ranks ask for it together.
  package func firstLayerNotFinite() -> String? {
    let own = entries.firstIndex { $0.hasParameters && !$0.module.output.isFinite } ?? entries.count
    let first = lanes.partition.ranks.share(own).min() ?? own
    return first < entries.count ? entries[first].name : nil
  }

  /// Infers up to `batch` images.
  /// - Parameter images: [count, height, width, channel], with `count` at most `batch`.
  /// - Returns: The prediction for each, in order.
  package func predict(images: ArraySlice<UInt8>) -> [Prediction] {
    let count = computeLogits(images: images)
    return team.map(count: count, atATime: lanes.images) { image in
      Prediction(logits: loss.logits(ofImage: image), of: description)
    }
  }

  /// Infers up to `batch` images and compares the logits of each with its label.
  /// - Parameters:
  ///   - images: [count, height, width, channel], with `count` at most `batch`.
  ///   - labels: [count, length], class indices.
  /// - Returns: The cross-entropy of each label, summed over its positions, in nats, whatever the model's loss; and
  ///   whether the most likely class is the label's at every position.
  package func evaluate(
    images: ArraySlice<UInt8>, labels: ArraySlice<UInt16>
  ) -> [(crossEntropy: Double, isExact: Bool)] {
    let count = computeLogits(images: images)
    let positions = description.positions
    precondition(labels.count == count * positions)
    return team.map(count: count, atATime: lanes.images) {
      loss.evaluation(ofImage: $0, label: labels.dropFirst($0 * positions).prefix(positions))
    }
  }

  /// - Returns: The number of images.
  private func computeLogits(images: ArraySlice<UInt8>) -> Int {
    let count = images.count / description.input.byteCount
    precondition(count <= batch && count * description.input.byteCount == images.count)
    let laneCount = purpose == .inference ? (count + lanes.images - 1) / lanes.images : lanes.count
    var images = images
    let missing = laneCount * lanes.images - count
    // Appending copies the images, even where nothing is appended.
    if missing > 0 { images.append(contentsOf: repeatElement(0, count: missing * description.input.byteCount)) }
    images.withUnsafeBufferPointer { images in
      state.images = images.baseAddress
      defer { state.images = nil }
      forwardPass.run(on: team, laneCount: laneCount, isPrepared: state.isPrepared)
    }
    state.isPrepared = purpose == .inference
    return count
  }
}

/// What changes from step to step, for the modules that depend on it.
// SAFETY: written between passes only, when no other thread runs.
final class StepState: @unchecked Sendable {
  let dropoutSeed: UInt64
  var step: UInt64 = 0
  /// [own images, height, width, channel], valid for the length of a pass.
  var images: UnsafePointer<UInt8>?
  /// [own images, positions], class indices, valid for the length of a training pass.
  var labels: UnsafePointer<UInt16>?
  /// Whether the `prepare` phases have run since the parameters changed.
  var isPrepared = false

  init(dropoutSeed: UInt64) { self.dropoutSeed = dropoutSeed }
}
