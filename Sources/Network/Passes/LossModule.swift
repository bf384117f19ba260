import Kernels
import Samples

/// Computes the loss of the logits in training, and gives access to them afterwards.
// SAFETY: `labels` is set before a pass and cleared after it; each lane writes its own loss.
final class LossModule: @unchecked Sendable {
  /// [batch, positions], class indices, valid for the length of a pass.
  var labels: UnsafePointer<UInt16>?
  private let description: ModelDescription
  private let loss: any Loss
  private let logits: Features
  private let lanes: Lanes
  /// Each lane's part of the loss: [lanes]
  private let laneLosses: AlignedBuffer
  /// Each lane's images whose most likely text is their label: [lanes]
  private let laneExactCounts: AlignedBuffer

  init(_ description: ModelDescription, labelSmoothing: Float, logits: Features, lanes: Lanes) {
    self.description = description
    self.logits = logits
    self.lanes = lanes
    loss = description.makeLoss(labelSmoothing: labelSmoothing)
    laneLosses = AlignedBuffer(Double.self, count: lanes.count)
    laneExactCounts = AlignedBuffer(Int.self, count: lanes.count)
  }

  /// Computes the loss of a lane and the gradient of its logits.
  func run(lane: Lane) {
    guard let labels else { preconditionFailure("a training pass has labels") }
    let laneLabels = labels + lane.number * lanes.images * description.positions
    let values = logits.values(lane: lane)
    laneExactCounts.pointer(to: Int.self)[lane.number] = countExact(values, labels: laneLabels)
    laneLosses.pointer(to: Double.self)[lane.number] = loss.lossAndGradient(
      logits: values, labels: laneLabels, images: lanes.images, batch: lanes.count * lanes.images,
      gradient: logits.gradient(lane: lane))
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
