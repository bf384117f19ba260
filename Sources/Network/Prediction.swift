import Foundation
import Kernels
import Samples

/// The prediction for one image.
package struct Prediction: Sendable {
  package let label: Label
  /// The probability of the predicted text, as the product over the positions: 0 ... 1.
  package let confidence: Double
  /// The logits it was made from: [positions, classes].
  package let logits: [Float]

  /// The most probable label: for the model's lengths, the most likely character at each position, then blanks.
  /// - Parameter logits: Of one image, [positions, classes].
  package init(logits: [Float], of model: ModelDescription) {
    let rows = stride(from: 0, to: model.logitCount, by: model.classCount).map { start in
      Row(Array(logits[start..<start + model.classCount]), of: model)
    }
    var best = (length: model.lengths.lowerBound, probability: 0.0)
    for length in model.lengths {
      let probability = rows.enumerated().reduce(1.0) { product, row in
        product * (row.offset < length ? row.element.characterProbability : row.element.blankProbability)
      }
      if probability > best.probability { best = (length, probability) }
    }
    label = Label(classes: rows[..<best.length].map(\.character))
    // A model file may hold any values, NaN among them.
    confidence = best.probability.isNaN ? 0 : min(1, best.probability)
    self.logits = logits
  }

  /// The probabilities at one position.
  private struct Row {
    /// The most likely of the alphabet's classes.
    var character: UInt16 = 0
    let characterProbability: Double
    let blankProbability: Double

    init(_ logits: [Float], of model: ModelDescription) {
      var (best, confidence): (UInt16, Float) = (0, 0)
      mostLikely(logits: logits, rows: 1, classes: model.classCount, labels: &best, confidences: &confidence)
      for index in 1..<max(1, model.alphabet.count) where logits[index] > logits[Int(character)] {
        character = UInt16(index)
      }
      // Softmax probabilities relate as the exponentials of their logits do.
      func probability(_ index: UInt16) -> Double {
        index == best ? Double(confidence) : Double(confidence) * exp(Double(logits[Int(index)] - logits[Int(best)]))
      }
      characterProbability = probability(character)
      blankProbability = model.hasBlank ? probability(model.blank) : 0
    }
  }
}
