import Kernels

/// A loss function, in a file of its own.
protocol Loss: Sendable {
  /// The loss of a model that gives all classes the same probability, and the formula in words.
  var atChance: (value: Double, formula: String) { get }
  /// How many terms an image adds to the sum that `lossAndGradient` returns.
  var termsPerImage: Int { get }

  /// Overwrites `gradient`, [images, positions, classes], with that of the batch's mean loss.
  /// - Parameters:
  ///   - logits: [images, positions, classes]
  ///   - labels: [images, positions], each a class.
  ///   - totalImages: Images of the whole batch.
  /// - Returns: The sum of these images' losses. The batch's mean is the sum of all, divided by
  ///   `totalImages * termsPerImage`.
  func lossAndGradient(
    logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, images: Int, totalImages: Int,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double
}

/// All losses, by their names in model files.
package enum LossName: String, Sendable {
  case crossEntropy = "cross-entropy"
  case multiLabelSoftMargin = "multi-label-soft-margin"
}

extension ModelDescription {
  /// - Precondition: `labelSmoothing` is 0 with a loss that has none.
  func makeLoss(labelSmoothing: Float) -> any Loss {
    switch loss {
    case .crossEntropy:
      return SoftmaxCrossEntropy(positions: positions, classes: classCount, labelSmoothing: labelSmoothing)
    case .multiLabelSoftMargin:
      precondition(labelSmoothing == 0)
      return MultiLabelSoftMargin(positions: positions, classes: classCount)
    }
  }

  /// The loss of a model that gives all classes the same probability, and the formula in words.
  package var lossAtChance: (value: Double, formula: String) { makeLoss(labelSmoothing: 0).atChance }
}
