import Foundation
import Kernels

/// A logistic loss of each class at each position, as PyTorch's MultiLabelSoftMarginLoss.
struct MultiLabelSoftMarginLoss: Loss {
  let kernel: MultiLabelSoftMargin

  var atChance: (value: Double, formula: String) {
    let share = 1 / Double(kernel.classes)
    return (
      -share * log(share) - (1 - share) * log(1 - share), "the entropy of one class in \(kernel.classes)"
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
