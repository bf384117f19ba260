import Foundation

/// Adam with decoupled weight decay (Kingma and Ba, "Adam", 2015; Loshchilov and Hutter, "Decoupled weight decay
/// regularization", 2019), in the order of operations of PyTorch's AdamW; without decay also that of its Adam.
package struct Adam: Sendable, Hashable {
  package var beta1 = 0.9
  package var beta2 = 0.999
  package var epsilon = 1e-8

  package init() {}

  /// One step over `count` values, in one pass; overwrites `weights`, `mean` and `square`, and `average` where it is given.
  /// - Parameters:
  ///   - mean, square: Running averages of the gradient and of its square; 0 before the first step.
  ///   - step: This step's number, from 1.
  ///   - weightDecay: AdamW's; 0 for Adam.
  ///   - average: A running average of the weights, which moves to the new ones by the fraction `averageShare`.
  package func update(
    weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>,
    square: UnsafeMutablePointer<Float>, count: Int, step: Int, learningRate: Double, weightDecay: Double,
    average: UnsafeMutablePointer<Float>? = nil, averageShare: Float = 0
  ) {
    let rate = Float(learningRate / (1 - pow(beta1, Double(step))))
    let squareScale = Float(1 / (1 - pow(beta2, Double(step))).squareRoot())
    let keep = Float(1 - learningRate * weightDecay)
    let (meanShare, squareKeep, squareShare) = (Float(1 - beta1), Float(beta2), Float(1 - beta2))
    let epsilon = Float(epsilon)
    forEachVector(count: count) { offset, width in
      let g = Float.load(gradient, at: offset, width: width)
      var m = Float.load(mean, at: offset, width: width)
      m += (g - m) * meanShare
      let v = Float.load(square, at: offset, width: width) * squareKeep + g * g * squareShare
      let w = Float.load(weights, at: offset, width: width) * keep
      Float.store(m, mean, at: offset, width: width)
      Float.store(v, square, at: offset, width: width)
      let denominator = v.squareRoot() * squareScale + epsilon
      let moved = w - m / denominator * rate
      Float.store(moved, weights, at: offset, width: width)
      if let average { approach(moved, average, share: averageShare, at: offset, width: width) }
    }
  }
}
