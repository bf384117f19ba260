import Foundation
import Network
import Samples

/// Watches the learning curve, and says in words what a person who knows such curves would see.
package struct LearningWatch {
  /// What the loss is when a model knows nothing but that all classes are equally likely.
  package let chanceLoss: Double
  private let chanceText: String
  private var losses = RecentMean(count: 50)
  /// Since the last validation.
  private var (exact, images) = (0, 0)
  /// The step at which the loss is next held against chance.
  private var nextLook = 500
  private var hasLeftChance = false
  private var hasParted = false

  package init(_ model: ModelDescription) {
    chanceLoss = model.lossAtChance.value
    chanceText = model.lossAtChance.formula
  }

  /// Mean loss of the last 50 steps.
  package var loss: Double { losses.mean }

  /// Share of the images since the last validation that were read without a mistake when training came to them.
  package var accuracy: Double { images == 0 ? 0 : Double(exact) / Double(images) }

  /// - Returns: What there is to say after this step.
  package mutating func observe(_ step: TrainingStep, images: Int) -> String? {
    losses.add(step.loss)
    exact += step.exactCount
    self.images += images
    if loss < 0.9 * chanceLoss { hasLeftChance = true }
    guard !hasLeftChance && step.number + 1 >= nextLook else { return nil }
    nextLook = (step.number + 1) * 2
    return "after \(step.number + 1) steps the loss, \(format(loss)), is still about what chance gives, "
      + "\(format(chanceLoss)), \(chanceText): nothing is learned yet; if this goes on, try another "
      + "training.learning_rate, and look at the images and labels with `glyphline preview`"
  }

  /// Begins a new count of the images that training comes to.
  /// - Returns: What there is to say when `exact` of `count` validation images were read.
  package mutating func observeValidation(exact validationExact: Int, of count: Int) -> String? {
    defer { (exact, images) = (0, 0) }
    let validation = Double(validationExact) / Double(count)
    // Three standard deviations of the difference, and so much more that it matters.
    let deviation = (accuracy * (1 - accuracy) / Double(max(1, images)) + validation * (1 - validation) / Double(count))
      .squareRoot()
    guard !hasParted && images > 0 && accuracy - validation > 0.03 + 3 * deviation else { return nil }
    hasParted = true
    return "training and validation part: \(percent(accuracy, decimals: 1)) of the training images are read, "
      + "\(percent(validation, decimals: 1)) of the others; more samples (datasets.train.count) or fewer epochs help"
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
