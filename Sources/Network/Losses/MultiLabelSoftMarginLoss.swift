import Foundation
import Kernels

/// A logistic loss for each class at each position, as PyTorch's MultiLabelSoftMarginLoss.
struct MultiLabelSoftMarginLoss: Loss {
  let kernel: MultiLabelSoftMargin

  var atChance: (value: Double, formula: String) {
    let probability = 1 / Double(kernel.classes)
    return (
      -probability * log(probability) - (1 - probability) * log(1 - probability),
      "the entropy of one class in \(kernel.classes)"
    )
  }

  func lossAndGradient(
    logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, images: Int, batch: Int,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    kernel.lossAndGradient(logits: logits, labels: labels, images: images, totalImages: batch, gradient: gradient)
      / Double(batch)
  }
}
