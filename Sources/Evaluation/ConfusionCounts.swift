import Samples

/// A confusion matrix for each position: how often each class was predicted for each class.
package struct ConfusionCounts: Sendable, Equatable {
  package struct Cell: Hashable, Sendable {
    package let position: Int
    /// The true class; `pastEnd` past the end of the text.
    package let truth: UInt16
    /// The predicted class; `pastEnd` past the end of the predicted text.
    package let predicted: UInt16
  }

  // Sparse: with a large alphabet, nearly all of the position x class x class cells stay zero.
  private var counts: [Cell: Int] = [:]

  /// Stands for positions past the end of a text. It is larger than every class.
  package static let pastEnd = UInt16.max

  private let positions: Int

  /// - Parameter positions: The longest text's number of characters.
  package init(positions: Int) { self.positions = positions }

  /// Counts one image.
  /// - Precondition: neither label is longer than `positions`.
  package mutating func add(truth: Label, predicted: Label) {
    precondition(max(truth.count, predicted.count) <= positions)
    for position in 0..<positions {
      let cell = Cell(
        position: position, truth: position < truth.count ? truth.classes[position] : Self.pastEnd,
        predicted: position < predicted.count ? predicted.classes[position] : Self.pastEnd)
      counts[cell, default: 0] += 1
    }
  }

  /// Every count that is not zero, by position, truth and prediction.
  package var entries: [(cell: Cell, count: Int)] {
    counts.map { (cell: $0, count: $1) }.sorted {
      ($0.cell.position, $0.cell.truth, $0.cell.predicted) < ($1.cell.position, $1.cell.truth, $1.cell.predicted)
    }
  }
}
