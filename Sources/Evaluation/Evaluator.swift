import Loader
import Network
import Samples
import Workers

/// A model's prediction for one sample.
package struct Prediction: Sendable, Hashable {
  /// The sample's index in its split.
  package let index: UInt64
  package let truth: Label
  package let predicted: Label
  /// The model's probability of `predicted`: 0 ... 1.
  package let confidence: Double

  package var isExact: Bool { predicted.isExactly(truth) }
}

/// Predicts batches and counts accuracy and confusions.
package struct Evaluator {
  private let model: ModelDescription
  private let reader: Reader
  package private(set) var accuracy = Accuracy()
  package private(set) var confusion: ConfusionCounts
  package private(set) var predictions: [Prediction] = []

  /// - Parameter network: A network for inference, with its parameters loaded.
  package init(_ network: Network) {
    model = network.description
    reader = Reader(network)
    confusion = ConfusionCounts(positions: model.positions)
  }

  /// Predicts one batch.
  /// - Precondition: the images have the network's geometry, and the labels its positions and alphabet.
  package mutating func evaluate(_ batch: Batch) {
    let (positions, alphabet) = (model.positions, model.alphabet)
    for (row, reading) in reader.read(images: batch.images[...]).enumerated() {
      let truth = Label(padded: batch.labels[row * positions..<(row + 1) * positions], of: alphabet)
      accuracy.add(truth: truth, predicted: reading.label, alphabet: alphabet)
      confusion.add(truth: truth, predicted: reading.label)
      predictions.append(
        Prediction(
          index: batch.indices[row], truth: truth, predicted: reading.label, confidence: reading.confidence))
    }
  }
}
