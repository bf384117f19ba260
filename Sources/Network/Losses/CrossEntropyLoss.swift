import Foundation
import Kernels

/// The softmax cross-entropy of each position, averaged.
struct CrossEntropyLoss: Loss {
  let kernel: SoftmaxCrossEntropy

  var atChance: (value: Double, formula: String) {
    (log(Double(kernel.classes)), "the logarithm of \(kernel.classes) classes")
  }

  func lossAndGradient(
    logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, images: Int, batch: Int,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    kernel.lossAndGradient(logits: logits, labels: labels, images: images, totalImages: batch, gradient: gradient)
      / Double(batch * kernel.positions)
  }
}
