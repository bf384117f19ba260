import Loader
import Network
import Samples

/// A model's prediction for one sample.
package struct SamplePrediction: Sendable {
  /// The sample's index in its split.
  package let index: UInt64
  package let predicted: Label
  /// Whether every character is predicted correctly.
  package let isExact: Bool
  /// The model's probability of `predicted`: 0 ... 1.
  package let confidence: Double
}

/// The predictions for a set of images, with their accuracy and confusions.
package struct EvaluationResult: Sendable {
  package let alphabet: Alphabet
  package private(set) var accuracy = Accuracy()
  package private(set) var confusion: ConfusionCounts
  package private(set) var predictions: [SamplePrediction] = []

  /// - Parameters:
  ///   - positions: The longest text's number of characters.
  ///   - alphabet: Of labels and predictions.
  package init(positions: Int, alphabet: Alphabet) {
    self.alphabet = alphabet
    confusion = ConfusionCounts(positions: positions)
  }

  /// Counts the prediction for sample `index` of the split.
  package mutating func add(index: UInt64, truth: Label, predicted: Label, confidence: Double) {
    accuracy.add(truth: truth, predicted: predicted, alphabet: alphabet)
    confusion.add(truth: truth, predicted: predicted)
    predictions.append(
      SamplePrediction(index: index, predicted: predicted, isExact: predicted == truth, confidence: confidence))
  }
}

/// Predicts batches with a network.
package struct Evaluator {
  private let network: Network
  package private(set) var result: EvaluationResult

  /// - Parameter network: A network for inference, with its parameters loaded.
  package init(_ network: Network) {
    self.network = network
    result = EvaluationResult(positions: network.description.positions, alphabet: network.description.alphabet)
  }

  /// Predicts one batch.
  /// - Precondition: the images have the network's geometry, and the labels its positions and alphabet.
  package mutating func evaluate(_ batch: Batch) {
    for (row, prediction) in network.predictWithShifts(images: batch.images[...]).enumerated() {
      result.add(
        index: batch.indices[row], truth: batch.label(ofRow: row), predicted: prediction.label,
        confidence: prediction.confidence)
    }
  }
}
