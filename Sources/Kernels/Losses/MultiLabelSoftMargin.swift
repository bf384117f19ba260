import Foundation

/// PyTorch's MultiLabelSoftMarginLoss on one-hot targets of all positions, one after the other: for each of an image's
/// positions * classes logits the binary cross-entropy with its target, averaged over the logits, then over the images.
package struct MultiLabelSoftMargin: Sendable, Hashable {
  package let positions: Int
  package let classes: Int

  package init(positions: Int, classes: Int) {
    precondition(positions > 0 && classes > 0)
    self.positions = positions
    self.classes = classes
  }

  /// Overwrites `gradient`, [images, positions, classes], with that of the whole batch's mean loss.
  /// - Parameters:
  ///   - logits: [images, positions, classes]
  ///   - labels: [images, positions], each below `classes`.
  ///   - totalImages: Images of the whole batch.
  /// - Returns: The sum of these images' losses; the batch's loss is the lanes' sums, added up, divided by totalImages.
  package func lossAndGradient(
    logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, images: Int, totalImages: Int,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let share = 1 / Float(totalImages * positions * classes)
    var sum = 0.0
    for position in 0..<images * positions {
      let row = logits + position * classes
      let gradientRow = gradient + position * classes
      let label = Int(labels[position])
      precondition(label < classes)
      forEachVector(count: classes) { offset, width in
        let x = Float.load(row, at: offset, width: width)
        // The exponent is never positive, so that nothing overflows; sigmoid(x) = 1 - sigmoid(-x) gives the other half.
        let isPositive = x .>= 0
        let power = exponential(x.replacing(with: -x, where: isPositive))
        let small = power / (1 + power)
        let sigmoid = small.replacing(with: 1 - small, where: isPositive)
        Float.store(sigmoid * share, gradientRow, at: offset, width: width)
        for index in 0..<width { sum += Double(max(x[index], 0) + log1p(power[index])) }
      }
      sum -= Double(row[label])
      gradientRow[label] -= share
    }
    return sum / Double(positions * classes)
  }
}
