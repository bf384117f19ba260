import Loader
import Network
import Samples

/// A model's prediction for one sample.
package struct SamplePrediction: Sendable, Equatable {
  /// The sample's index in its split.
  package let index: UInt64
  package let truth: Label
  package let predicted: Label
  /// The model's probability of `predicted`: 0 ... 1.
  package let confidence: Double

  package init(index: UInt64, truth: Label, predicted: Label, confidence: Double) {
    self.index = index
    self.truth = truth
    self.predicted = predicted
    self.confidence = confidence
  }

  /// Whether every character is predicted correctly.
  package var isExact: Bool { predicted == truth }

  /// The predictions for a batch, in order.
  /// - Parameter network: Made for inference.
  /// - Precondition: the images have the network's geometry, and the labels its positions and alphabet.
  package static func predictions(_ batch: Batch, by network: Network) -> [SamplePrediction] {
    network.predictWithShifts(images: batch.images[...]).enumerated().map { row, prediction in
      SamplePrediction(
        index: batch.indices[row], truth: batch.label(ofRow: row), predicted: prediction.label,
        confidence: prediction.confidence)
    }
  }
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

  /// Of the predictions of a network.
  package init(of network: Network) {
    self.init(positions: network.description.positions, alphabet: network.description.alphabet)
  }

  package mutating func add(_ prediction: SamplePrediction) {
    accuracy.add(truth: prediction.truth, predicted: prediction.predicted, alphabet: alphabet)
    confusion.add(truth: prediction.truth, predicted: prediction.predicted)
    predictions.append(prediction)
  }
}

// MARK: - For other ranks

extension SamplePrediction {
  /// As bytes for another rank of the same program: index, confidence, and both labels, each with its length.
  package var encoded: [UInt8] {
    let labels = [truth, predicted].flatMap { [UInt64($0.count)] + $0.classes.map { UInt64($0) } }
    return ([index, confidence.bitPattern] + labels).flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
  }

  /// The predictions whose `encoded` bytes follow one another.
  package static func decoded(_ bytes: [UInt8]) -> [SamplePrediction] {
    var words = bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }[...]
    }
    func label() -> Label {
      let count = Int(words.removeFirst())
      defer { words.removeFirst(count) }
      return Label(classes: words.prefix(count).map { UInt16($0) })
    }
    var predictions: [SamplePrediction] = []
    while !words.isEmpty {
      let (index, confidence) = (words.removeFirst(), Double(bitPattern: words.removeFirst()))
      predictions.append(SamplePrediction(index: index, truth: label(), predicted: label(), confidence: confidence))
    }
    return predictions
  }
}
