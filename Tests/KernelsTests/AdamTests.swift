import Foundation
import Kernels
import Testing

@Suite struct AdamTests {
  /// PyTorch's update rule in double precision, over several steps.
  @Test(arguments: [0, 0.05])
  func updatesAsPyTorchDoes(_ decay: Double) {
    let count = 21
    let start = randomValues(count: count, seed: 1)
    let (weights, mean, square) = (
      TestBuffer(floats: start), TestBuffer(Float.self, count: count), TestBuffer(Float.self, count: count)
    )
    var (w, m, v) = (start, [Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    for step in 1...5 {
      let g = randomValues(count: count, seed: UInt64(step) + 10)
      let gradient = TestBuffer(floats: g)
      Adam().update(
        weights: weights.pointer(to: Float.self), gradient: gradient.pointer(to: Float.self),
        mean: mean.pointer(to: Float.self), square: square.pointer(to: Float.self), count: count, step: step,
        learningRate: 0.01, weightDecay: decay)
      for index in 0..<count {
        w[index] *= 1 - 0.01 * decay
        m[index] = 0.9 * m[index] + 0.1 * g[index]
        v[index] = 0.999 * v[index] + 0.001 * g[index] * g[index]
        let correctedMean = m[index] / (1 - pow(0.9, Double(step)))
        let correctedSquare = v[index] / (1 - pow(0.999, Double(step)))
        w[index] -= 0.01 * correctedMean / (correctedSquare.squareRoot() + 1e-8)
      }
    }
    #expect(relativeError(weights.floats, w) < 1e-6)
    #expect(relativeError(mean.floats, m) < 1e-6)
    #expect(relativeError(square.floats, v) < 1e-6)
  }

  /// A zero gradient from the start must not divide by zero.
  @Test func weightsWithoutGradientStay() {
    let weights = TestBuffer(floats: [0.5, -0.5])
    let zeros = (0..<3).map { _ in TestBuffer(Float.self, count: 2) }
    Adam().update(
      weights: weights.pointer(to: Float.self), gradient: zeros[0].pointer(to: Float.self),
      mean: zeros[1].pointer(to: Float.self), square: zeros[2].pointer(to: Float.self), count: 2, step: 1,
      learningRate: 0.01, weightDecay: 0)
    #expect(weights.floats == [0.5, -0.5])
  }
}
