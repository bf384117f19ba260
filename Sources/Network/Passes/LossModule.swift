import Kernels
import Samples

/// Computes the loss of the logits in training, and gives access to them afterwards.
struct LossModule: Sendable {
  private let description: ModelDescription
  private let loss: any Loss
  private let logits: Features
  private let lanes: Lanes
  private let state: StepState
  /// A lane's part of the loss, and its images whose most likely text is their label: [2]
  private let sums: LaneSums

  init(_ description: ModelDescription, labelSmoothing: Float, logits: Features, lanes: Lanes, state: StepState) {
    self.description = description
    self.logits = logits
    self.lanes = lanes
    self.state = state
    loss = description.makeLoss(labelSmoothing: labelSmoothing)
    sums = LaneSums(count: 2, lanes: lanes.partition)
  }

  /// Computes the loss of a lane and the gradient of its logits.
  @Sendable func run(lane: Lane) {
    guard let labels = state.labels else { preconditionFailure("a training pass has labels") }
    let (positions, batch) = (description.positions, lanes.count * lanes.images)
    let laneLabels = labels + (lane.number - lanes.own.lowerBound) * lanes.images * positions
    let values = logits.values(lane: lane)
    let exactCount = (0..<lanes.images).count { image in
      isExact(
        values + image * description.logitCount,
        label: UnsafeBufferPointer(start: laneLabels + image * positions, count: positions))
    }
    let sums = sums.lane(lane.number)
    sums[0] =
      loss.lossAndGradient(
        logits: values, labels: laneLabels, images: lanes.images, totalImages: batch,
        gradient: logits.gradient(lane: lane)) / Double(batch * loss.termsPerImage)
    sums[1] = Double(exactCount)
  }

  /// Whether the most likely class is the label's at every position.
  /// - Parameter logits: Of one image, [positions, classes].
  private func isExact(_ logits: UnsafePointer<Float>, label: some Sequence<UInt16>) -> Bool {
    label.enumerated().allSatisfy { position, label in
      let row = UnsafeBufferPointer(start: logits + position * description.classCount, count: description.classCount)
      return row.allSatisfy { $0 <= row[Int(label)] }
    }
  }

  /// The mean loss of the batch, and its images whose most likely text is their label. All ranks ask for it once.
  func total() -> (loss: Double, exactCount: Int) {
    let total = sums.total()
    return (total[0], Int(total[1]))
  }

  /// The logits of image `number` in the last pass: [positions, classes].
  func logits(ofImage number: Int) -> [Float] {
    let start = logits.values.floats + number * description.logitCount
    return Array(UnsafeBufferPointer(start: start, count: description.logitCount))
  }

  /// The cross-entropy of image `number` in the last pass, and whether its prediction is exact, as `Network.evaluate`.
  func evaluation(ofImage number: Int, label: ArraySlice<UInt16>) -> (crossEntropy: Double, isExact: Bool) {
    let (values, classes) = (logits.values.floats + number * description.logitCount, description.classCount)
    var crossEntropy = 0.0
    for (position, label) in label.enumerated() {
      crossEntropy += softmaxCrossEntropy(logits: values + position * classes, classes: classes, label: Int(label))
    }
    return (crossEntropy, isExact(values, label: label))
  }
}
