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
  package private(set) var summary: AccuracySummary
  package private(set) var predictions: [Prediction] = []

  /// - Parameter network: Made for inference, with its parameters loaded.
  package init(_ network: Network) {
    self.network = network
    summary = AccuracySummary(positions: network.description.positions)
  }

  /// Reads one batch.
  /// - Precondition: the images have the network's geometry, and the labels its positions and alphabet.
  package mutating func evaluate(_ batch: Batch) {
    let (positions, blank) = (network.description.positions, network.description.blank)
    let readings = network.read(images: batch.images[...])
    for (place, reading) in readings.enumerated() {
      let truth = Label(classes: batch.labels[place * positions..<(place + 1) * positions].filter { $0 != blank })
      summary.add(truth: truth, predicted: reading.label, alphabet: network.description.alphabet)
      predictions.append(Prediction(index: batch.indices[place], truth: truth, reading: reading))
    }
  }
}
