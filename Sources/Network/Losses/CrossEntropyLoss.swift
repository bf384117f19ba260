import Foundation
import Kernels

/// The softmax cross-entropy of each position, averaged.
extension SoftmaxCrossEntropy: Loss {
  var atChance: (value: Double, formula: String) { (log(Double(classes)), "the logarithm of \(classes) classes") }
  var termsPerImage: Int { positions }
}
