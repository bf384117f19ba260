import Foundation

/// Softmax and cross-entropy at each position of a text. Logits are float32, [images, positions, classes].
package struct SoftmaxCrossEntropy: Sendable, Hashable {
  package let positions: Int
  package let classes: Int
  /// The fraction of each target that is spread evenly over all classes (Szegedy et al., "Rethinking the Inception
  /// architecture", 2016, section 7); 0 for none.
  package let labelSmoothing: Float

  /// - Precondition: `labelSmoothing` is 0 ..< 1.
  package init(positions: Int, classes: Int, labelSmoothing: Float = 0) {
    precondition(positions > 0 && classes > 0 && 0 <= labelSmoothing && labelSmoothing < 1)
    self.positions = positions
    self.classes = classes
    self.labelSmoothing = labelSmoothing
  }

  /// Overwrites `gradient`, [images, positions, classes], with that of the whole batch's mean loss.
  /// - Parameters:
  ///   - labels: [images, positions], each below `classes`.
  ///   - totalImages: Images of the whole batch.
  /// - Returns: The sum of the losses of these images' positions; the batch's loss is the lanes' sums, added up,
  ///   divided by totalImages * positions.
  package func lossAndGradient(
    logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, images: Int, totalImages: Int,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let share = 1 / Float(totalImages * positions)
    let background = labelSmoothing / Float(classes)
    var loss = 0.0
    for position in 0..<images * positions {
      let row = logits + position * classes
      let gradientRow = gradient + position * classes
      let label = Int(labels[position])
      precondition(label < classes)
      let logSum = softmax(row, classes: classes, probabilities: gradientRow)
      let logits = UnsafeBufferPointer(start: row, count: classes)
      let sumOfLogits = labelSmoothing > 0 ? logits.reduce(0.0) { $0 + Double($1) } : 0
      loss += logSum - Double(1 - labelSmoothing) * Double(row[label]) - Double(background) * sumOfLogits
      for index in 0..<classes { gradientRow[index] = (gradientRow[index] - background) * share }
      gradientRow[label] -= (1 - labelSmoothing) * share
    }
    return loss
  }
}

/// The cross-entropy of one row of logits, in nats: the negative logarithm of the softmax probability of `label`.
/// - Parameter logits: [classes]
/// - Precondition: `label` is below `classes`.
package func softmaxCrossEntropy(logits: UnsafePointer<Float>, classes: Int, label: Int) -> Double {
  precondition((0..<classes).contains(label))
  let largest = largest(logits, classes: classes)
  let sum = sumOfExponentials(of: logits, count: classes, minus: largest)
  return Double(largest) + log(Double(sum)) - Double(logits[label])
}

/// The most likely class at each position and its softmax probability, for either loss.
/// - Parameters:
///   - logits: [rows, classes], a row for each position of each image.
///   - labels, confidences: [rows]; overwritten. The first of equally likely classes is taken.
package func mostLikely(
  logits: UnsafePointer<Float>, rows: Int, classes: Int, labels: UnsafeMutablePointer<UInt16>,
  confidences: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let logits = logits + row * classes
    var best = 0
    for index in 1..<max(1, classes) where logits[index] > logits[best] { best = index }
    labels[row] = UInt16(best)
    confidences[row] = 1 / sumOfExponentials(of: logits, count: classes, minus: logits[best])
  }
}

/// Overwrites `probabilities`, [classes], with the softmax of `logits`.
/// - Returns: The logarithm of the sum of e^logit.
private func softmax(
  _ logits: UnsafePointer<Float>, classes: Int, probabilities: UnsafeMutablePointer<Float>
) -> Double {
  let largest = largest(logits, classes: classes)
  var sum: Float = 0
  forEachExponential(of: logits, count: classes, minus: largest) { offset, width, values in
    Float.store(values, probabilities, at: offset, width: width)
    for index in 0..<width { sum += values[index] }
  }
  for index in 0..<classes { probabilities[index] /= sum }
  return Double(largest) + log(Double(sum))
}

private func largest(_ logits: UnsafePointer<Float>, classes: Int) -> Float {
  var largest = logits[0]
  for index in 1..<max(1, classes) where logits[index] > largest { largest = logits[index] }
  return largest
}

private func sumOfExponentials(of values: UnsafePointer<Float>, count: Int, minus largest: Float) -> Float {
  var sum: Float = 0
  forEachExponential(of: values, count: count, minus: largest) { _, width, exponentials in
    for index in 0..<width { sum += exponentials[index] }
  }
  return sum
}

/// Calls `body` with e^(value - largest) for each vector of values.
@inline(__always)
private func forEachExponential(
  of values: UnsafePointer<Float>, count: Int, minus largest: Float,
  _ body: (_ offset: Int, _ width: Int, _ exponentials: Vector) -> Void
) {
  forEachVector(count: count) { offset, width in
    body(offset, width, exponential(Float.load(values, at: offset, width: width) - largest))
  }
}
