import Kernels
import Samples

/// What the logits are held against while learning, and how they are read afterwards.
// SAFETY: `labels` is set before a pass and cleared after it; each lane writes its own loss.
final class LossLayer: @unchecked Sendable {
  /// [batch, positions], class indices, valid for the length of a pass.
  var labels: UnsafePointer<UInt16>?
  private let description: ModelDescription
  private let labelSmoothing: Float
  private let logits: Features
  private let lanes: Lanes
  /// The sum of each lane's losses: [lanes]
  private let laneLosses: AlignedBuffer
  /// Each lane's images whose most likely text is their label: [lanes]
  private let laneExactCounts: AlignedBuffer

  init(description: ModelDescription, labelSmoothing: Float, logits: Features, lanes: Lanes) {
    precondition(labelSmoothing == 0 || description.loss == .crossEntropy)
    self.description = description
    self.labelSmoothing = labelSmoothing
    self.logits = logits
    self.lanes = lanes
    laneLosses = AlignedBuffer(Double.self, count: lanes.count)
    laneExactCounts = AlignedBuffer(Int.self, count: lanes.count)
  }

  private var batch: Int { lanes.count * lanes.images }

  /// Computes the loss of a lane and the gradient of its logits.
  func run(lane: Lane) {
    guard let labels else { preconditionFailure("a training pass has labels") }
    let laneLabels = labels + lane.number * lanes.images * description.positions
    let (values, gradient) = (logits.values(lane: lane), logits.gradient(lane: lane))
    laneExactCounts.pointer(to: Int.self)[lane.number] = countExact(values, labels: laneLabels)
    laneLosses.pointer(to: Double.self)[lane.number] =
      switch description.loss {
      case .crossEntropy:
        SoftmaxCrossEntropy(
          positions: description.positions, classes: description.classCount, labelSmoothing: labelSmoothing
        ).lossAndGradient(
          logits: values, labels: laneLabels, images: lanes.images, totalImages: batch, gradient: gradient)
          / Double(batch * description.positions)
      case .multiLabelSoftMargin:
        MultiLabelSoftMargin(positions: description.positions, classes: description.classCount).lossAndGradient(
          logits: values, labels: laneLabels, images: lanes.images, totalImages: batch, gradient: gradient)
          / Double(batch)
      }
  }

  /// Images of a lane whose most likely class is the label's at every position.
  private func countExact(_ logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>) -> Int {
    let (length, classes) = (description.positions, description.classCount)
    return (0..<lanes.images).count { image in
      (0..<length).allSatisfy { position in
        let row = image * length + position
        return isMostLikely(labels[row], by: logits + row * classes)
      }
    }
  }

  /// - Parameter logits: [classes]
  private func isMostLikely(_ label: UInt16, by logits: UnsafePointer<Float>) -> Bool {
    UnsafeBufferPointer(start: logits, count: description.classCount).allSatisfy { $0 <= logits[Int(label)] }
  }

  /// Images of the batch whose most likely text is their label.
  var exactCount: Int {
    UnsafeBufferPointer(start: laneExactCounts.pointer(to: Int.self), count: lanes.count).reduce(0, +)
  }

  /// The mean loss of the batch; lanes are added in their order.
  var total: Double {
    UnsafeBufferPointer(start: laneLosses.pointer(to: Double.self), count: lanes.count).reduce(0, +)
  }

  /// The logits of image `number` in the last pass: [positions, classes].
  func logits(ofImage number: Int) -> [Float] {
    let start = logits.values.floats + number * description.logitCount
    return Array(UnsafeBufferPointer(start: start, count: description.logitCount))
  }

  /// How the logits of image `number` in the last pass compare with its label.
  /// - Parameter label: [positions], class indices.
  func judgement(ofImage number: Int, label: ArraySlice<UInt16>) -> Judgement {
    var (crossEntropy, isExact) = (0.0, true)
    for (position, label) in label.enumerated() {
      let row = logits.values.floats + number * description.logitCount + position * description.classCount
      crossEntropy += softmaxCrossEntropy(logits: row, classes: description.classCount, label: Int(label))
      isExact = isExact && isMostLikely(label, by: row)
    }
    return Judgement(crossEntropy: crossEntropy, isExact: isExact)
  }
}
