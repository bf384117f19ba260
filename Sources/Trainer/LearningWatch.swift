import Foundation
import Network
import Samples

/// Watches the learning curve, and warns in words about a loss at chance level and about overfitting.
package struct LearningWatch {
  /// The loss of a model that gives all classes the same probability.
  package let chanceLoss: Double
  private let chanceText: String
  private var losses = RecentMean(count: 50)
  /// Training images since the last validation.
  private var (exact, images) = (0, 0)
  /// The step at which the loss is next compared with chance.
  private var nextCheck = 500
  private var hasLeftChance = false
  private var hasOverfitted = false

  package init(_ model: ModelDescription) {
    chanceLoss = model.lossAtChance.value
    chanceText = model.lossAtChance.formula
  }

  /// Mean loss of the last 50 steps.
  package var loss: Double { losses.mean }

  /// Fraction of the images since the last validation that were exact before their step updated the weights.
  package var accuracy: Double { images == 0 ? 0 : Double(exact) / Double(images) }

  /// - Returns: A warning, or nil.
  package mutating func observe(_ step: TrainingStep, images: Int) -> String? {
    losses.add(step.loss)
    exact += step.exactCount
    self.images += images
    if loss < 0.9 * chanceLoss { hasLeftChance = true }
    guard !hasLeftChance && step.number + 1 >= nextCheck else { return nil }
    nextCheck = (step.number + 1) * 2
    return "after \(step.number + 1) steps, the loss of \(format(loss)) is still near that of chance, "
      + "\(format(chanceLoss)) (\(chanceText)); if it stays there, try another training.learning_rate and check the "
      + "images and labels with `glyphline preview`"
  }

  /// Compares training and validation accuracy, and starts a new count of training images.
  /// - Returns: A warning, or nil.
  package mutating func observeValidation(exact validationExact: Int, of count: Int) -> String? {
    defer { (exact, images) = (0, 0) }
    let validation = Double(validationExact) / Double(count)
    // Three standard deviations of the difference, plus three percent, below which it would not matter.
    let deviation = (accuracy * (1 - accuracy) / Double(max(1, images)) + validation * (1 - validation) / Double(count))
      .squareRoot()
    guard !hasOverfitted && images > 0 && accuracy - validation > 0.03 + 3 * deviation else { return nil }
    hasOverfitted = true
    return "overfitting: accuracy is \(percent(accuracy, decimals: 1)) on training images, "
      + "\(percent(validation, decimals: 1)) on validation images; raise datasets.train.count or lower training.epochs"
  }

  private func format(_ loss: Double) -> String { String(format: "%.4f", loss) }
}

/// The mean of the last few numbers.
private struct RecentMean {
  private let count: Int
  private var numbers: [Double] = []
  private var next = 0

  init(count: Int) { self.count = count }

  var mean: Double { numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count) }

  mutating func add(_ number: Double) {
    if numbers.count < count {
      numbers.append(number)
    } else {
      numbers[next] = number
      next = (next + 1) % count
    }
  }
}
