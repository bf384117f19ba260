import Loader
import Network
import Samples
import Workers

/// What a model read in one sample.
package struct Prediction: Sendable, Hashable {
  /// The sample's place in its split.
  package let index: UInt64
  package let truth: Label
  package let reading: Reading

  package var isExact: Bool { truth == reading.label }
}

/// Reads every sample of a split and counts how well.
package struct Evaluator {
  private let network: Network
  package private(set) var summary = AccuracySummary()
  package private(set) var predictions: [Prediction] = []

  /// - Parameter network: Made for inference, with its parameters loaded.
  package init(_ network: Network) { self.network = network }

  /// Reads one batch.
  /// - Precondition: the images have the network's geometry, and each label has its length.
  package mutating func evaluate(_ batch: Batch) {
    let length = network.description.length
    let readings = network.read(images: batch.images[...])
    for (place, reading) in readings.enumerated() {
      let truth = Label(classes: Array(batch.labels[place * length..<(place + 1) * length]))
      summary.add(truth: truth, predicted: reading.label, alphabet: network.description.alphabet)
      predictions.append(Prediction(index: batch.indices[place], truth: truth, reading: reading))
    }
  }
}
