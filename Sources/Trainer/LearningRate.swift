import Foundation
import Specs

/// The learning rate as a function of the step.
package struct LearningRate: Sendable {
  private let schedule: TrainingSpec.Schedule
  private let peak: Double
  private let warmup: Double
  private let stepCount: Int

  package init(_ training: TrainingSpec, stepCount: Int) {
    schedule = training.schedule
    peak = training.learningRate
    warmup = training.warmup
    self.stepCount = stepCount
  }

  /// The learning rate of step `step`, from 0. The one-cycle rate (Smith and Topin 2018) rises along half a cosine from
  /// 1/25 of the peak and falls along another to 1/250,000 of it, the shape and factors of PyTorch's `OneCycleLR`.
  package func rate(atStep step: Int) -> Double {
    switch schedule {
    case .constant: return peak
    case .oneCycle:
      let progress = Double(step) / Double(max(1, stepCount - 1))
      if progress < warmup { return cosine(from: peak / 25, to: peak, at: progress / warmup) }
      return cosine(from: peak, to: peak / 250_000, at: warmup < 1 ? (progress - warmup) / (1 - warmup) : 1)
    }
  }

  private func cosine(from start: Double, to end: Double, at progress: Double) -> Double {
    end + (start - end) * (1 + cos(.pi * progress)) / 2
  }
}
