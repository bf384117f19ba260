import Foundation
import Network
import Samples

/// Follows the learning curve, and warns about a loss at chance level and about overfitting.
package struct TrainingMonitor {
  /// The loss of a model that gives all classes the same probability, and the formula in words.
  package let chance: (value: Double, formula: String)
  /// Of the last 50 steps.
  private var losses: [Double] = []
  /// Training images since the last validation.
  private var (exact, images) = (0, 0)
  /// The step at which the loss is next compared with chance.
  private var nextCheck = 500
  private var hasLeftChance = false
  private var hasOverfitted = false

  package init(_ model: ModelDescription) { chance = model.lossAtChance }

  /// Mean loss of the last 50 steps.
  package var loss: Double { losses.isEmpty ? 0 : losses.reduce(0, +) / Double(losses.count) }

  /// Fraction of the images since the last validation that were exact before their step updated the weights.
  package var accuracy: Double { images == 0 ? 0 : Double(exact) / Double(images) }

  /// Adds the loss and the exact images of step `step`, from 1.
  /// - Returns: A warning, or nil.
  package mutating func observe(step: Int, loss: Double, exact: Int, of images: Int) -> String? {
    losses.append(loss)
    if losses.count > 50 { losses.removeFirst() }
    self.exact += exact
    self.images += images
    if self.loss < 0.9 * chance.value { hasLeftChance = true }
    guard !hasLeftChance && step >= nextCheck else { return nil }
    nextCheck = step * 2
    return "after \(step) steps, the loss of \(format(self.loss)) is still near that of chance, "
      + "\(format(chance.value)) (\(chance.formula)); if it stays there, try another training.learning_rate and check the "
      + "images and labels with `glyphline preview` or, if imported, with `glyphline export images`"
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
      + "\(percent(validation, decimals: 1)) on validation images; train from more images, or lower training.epochs"
  }

  private func format(_ loss: Double) -> String { String(format: "%.4f", loss) }
}
