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
      let logits = UnsafeBufferPointer(start: row, count: classes)
      let largest = logits.max() ?? 0
      let sum = sumOfExponentials(of: logits, minus: largest) { offset, width, exponentials in
        Float.store(exponentials, gradientRow, at: offset, width: width)
      }
      let sumOfLogits = labelSmoothing > 0 ? logits.reduce(0.0) { $0 + Double($1) } : 0
      loss +=
        Double(largest) + log(Double(sum)) - Double(1 - labelSmoothing) * Double(row[label])
        - Double(background) * sumOfLogits
      for index in 0..<classes { gradientRow[index] = (gradientRow[index] / sum - background) * share }
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
  let row = UnsafeBufferPointer(start: logits, count: classes)
  let largest = row.max() ?? 0
  return Double(largest) + log(Double(sumOfExponentials(of: row, minus: largest))) - Double(logits[label])
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
    let logits = UnsafeBufferPointer(start: logits + row * classes, count: classes)
    let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
    labels[row] = UInt16(best)
    confidences[row] = 1 / sumOfExponentials(of: logits, minus: logits[best])
  }
}

/// The sum of e^(logit - largest).
/// - Parameter use: Called with each vector of terms.
@inline(__always)
private func sumOfExponentials(
  of logits: UnsafeBufferPointer<Float>, minus largest: Float,
  use: (_ offset: Int, _ width: Int, _ terms: Vector) -> Void = { _, _, _ in }
) -> Float {
  guard let address = logits.baseAddress else { return 0 }
  var sum: Float = 0
  forEachVector(count: logits.count) { offset, width in
    let terms = exponential(Float.load(address, at: offset, width: width) - largest)
    use(offset, width, terms)
    for index in 0..<width { sum += terms[index] }
  }
  return sum
}
