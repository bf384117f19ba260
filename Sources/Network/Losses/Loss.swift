import Kernels

/// What training makes small. One file has one loss.
protocol Loss: Sendable {
  /// What it is when a model knows nothing but that all classes are equally likely, and the formula in words.
  var atChance: (value: Double, formula: String) { get }

  /// Overwrites `gradient`, [images, positions, classes], with that of the batch's mean loss.
  /// - Parameters:
  ///   - logits: [images, positions, classes]
  ///   - labels: [images, positions], each a class.
  ///   - batch: Images of the whole batch.
  /// - Returns: The part of these images in the batch's mean loss.
  func lossAndGradient(
    logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, images: Int, batch: Int,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double
}

/// Every loss there is, as model files name it.
package enum LossName: String, Sendable {
  case crossEntropy = "cross-entropy"
  case multiLabelSoftMargin = "multi-label-soft-margin"
}

extension ModelDescription {
  /// - Precondition: `labelSmoothing` is 0 with a loss that has none.
  func makeLoss(labelSmoothing: Float) -> any Loss {
    switch loss {
    case .crossEntropy:
      return CrossEntropyLoss(
        kernel: SoftmaxCrossEntropy(positions: positions, classes: classCount, labelSmoothing: labelSmoothing))
    case .multiLabelSoftMargin:
      precondition(labelSmoothing == 0)
      return MultiLabelSoftMarginLoss(kernel: MultiLabelSoftMargin(positions: positions, classes: classCount))
    }
  }

  /// What its loss is when it knows nothing but that all classes are equally likely.
  package var lossAtChance: (value: Double, formula: String) { makeLoss(labelSmoothing: 0).atChance }
}
