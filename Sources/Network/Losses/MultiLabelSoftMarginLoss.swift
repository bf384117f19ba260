import Foundation
import Kernels

/// A logistic loss of each class at each position, as PyTorch's MultiLabelSoftMarginLoss.
struct MultiLabelSoftMarginLoss: Loss {
  let kernel: MultiLabelSoftMargin

  var atChance: LossAtChance {
    let share = 1 / Double(kernel.classes)
    return LossAtChance(
      value: -share * log(share) - (1 - share) * log(1 - share),
      formula: "the entropy of one class in \(kernel.classes)")
  }

  func lossAndGradient(
    logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, images: Int, batch: Int,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    kernel.lossAndGradient(logits: logits, labels: labels, images: images, totalImages: batch, gradient: gradient)
      / Double(batch)
  }
}
