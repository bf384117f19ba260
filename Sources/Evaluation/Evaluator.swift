import Loader
import Network
import Samples
import Workers

/// What a model read in one sample.
package struct Prediction: Sendable, Hashable {
  /// The sample's place in its split.
  package let index: UInt64
  package let truth: Label
  package let predicted: Label
  /// The probability that the model gives its answer: 0 ... 1.
  package let confidence: Double

  package var isExact: Bool { truth == predicted }
}

/// Reads every sample of a split and counts how well.
package struct Evaluator {
  private let model: ModelDescription
  private let reader: Reader
  package private(set) var summary: AccuracySummary
  package private(set) var predictions: [Prediction] = []

  /// - Parameter network: Made for inference, with its parameters loaded.
  package init(_ network: Network) {
    model = network.description
    reader = Reader(network)
    summary = AccuracySummary(positions: model.positions)
  }

  /// Reads one batch.
  /// - Precondition: the images have the network's geometry, and the labels its positions and alphabet.
  package mutating func evaluate(_ batch: Batch) {
    let (positions, blank) = (model.positions, model.blank)
    for (place, reading) in reader.read(images: batch.images[...]).enumerated() {
      let truth = Label(classes: batch.labels[place * positions..<(place + 1) * positions].filter { $0 != blank })
      summary.add(truth: truth, predicted: reading.label, alphabet: model.alphabet)
      predictions.append(
        Prediction(
          index: batch.indices[place], truth: truth, predicted: reading.label, confidence: reading.confidence))
    }
  }
}
