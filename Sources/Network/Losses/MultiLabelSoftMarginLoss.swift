import Foundation
import Kernels

/// A logistic loss for each class at each position, as PyTorch's MultiLabelSoftMarginLoss.
extension MultiLabelSoftMargin: Loss {
  var atChance: (value: Double, formula: String) {
    let probability = 1 / Double(classes)
    return (
      -probability * log(probability) - (1 - probability) * log(1 - probability),
      "the entropy of one class in \(classes)"
    )
  }
  var termsPerImage: Int { 1 }
}
