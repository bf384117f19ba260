import Foundation
import Specs

extension TrainingSpec {
  /// The learning rate of step `step`, from 0, of `stepCount`. The one-cycle rate (Smith and Topin 2018) rises along
  /// half a cosine from 1/25 of the peak and falls along another to 1/250,000 of it, the shape and factors of PyTorch's
  /// `OneCycleLR`.
  func learningRate(atStep step: Int, of stepCount: Int) -> Double {
    switch schedule {
    case .constant: return learningRate
    case .oneCycle:
      let progress = Double(step) / Double(max(1, stepCount - 1))
      if progress < warmup { return cosine(from: learningRate / 25, to: learningRate, at: progress / warmup) }
      return cosine(
        from: learningRate, to: learningRate / 250_000, at: warmup < 1 ? (progress - warmup) / (1 - warmup) : 1)
    }
  }
}

private func cosine(from start: Double, to end: Double, at progress: Double) -> Double {
  end + (start - end) * (1 + cos(.pi * progress)) / 2
}
