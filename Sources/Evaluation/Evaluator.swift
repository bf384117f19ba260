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

/// Predicts batches and counts accuracy and confusions.
package struct Evaluator {
  private let network: Network
  package private(set) var accuracy = Accuracy()
  package private(set) var confusion: ConfusionCounts
  package private(set) var predictions: [SamplePrediction] = []

  /// - Parameter network: A network for inference, with its parameters loaded.
  package init(_ network: Network) {
    self.network = network
    confusion = ConfusionCounts(positions: network.description.positions)
  }

  /// Predicts one batch.
  /// - Precondition: the images have the network's geometry, and the labels its positions and alphabet.
  package mutating func evaluate(_ batch: Batch) {
    for (row, prediction) in network.predictWithShifts(images: batch.images[...]).enumerated() {
      let truth = batch.label(ofRow: row)
      accuracy.add(truth: truth, predicted: prediction.label, alphabet: network.description.alphabet)
      confusion.add(truth: truth, predicted: prediction.label)
      predictions.append(
        SamplePrediction(
          index: batch.indices[row], predicted: prediction.label, isExact: prediction.label == truth,
          confidence: prediction.confidence))
    }
  }
}
