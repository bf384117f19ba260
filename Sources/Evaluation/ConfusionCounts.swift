import Samples

/// How often each class was read as each class, position by position.
package struct ConfusionCounts: Sendable, Equatable {
  /// One count that is not zero.
  package struct Entry: Sendable, Equatable {
    package let position: Int
    /// Class index of what is written there.
    package let truth: UInt16
    /// Class index of what was read.
    package let predicted: UInt16
    package let count: Int
  }

  private struct Cell: Hashable {
    let position: Int
    let truth: UInt16
    let predicted: UInt16
  }

  // Of the position x class x class cells of a large alphabet nearly all stay zero: they are not stored.
  private var counts: [Cell: Int] = [:]

  package init() {}

  /// Counts one image.
  /// - Precondition: both labels have the same length.
  package mutating func add(truth: Label, predicted: Label) {
    precondition(truth.count == predicted.count)
    for position in 0..<truth.count {
      let cell = Cell(position: position, truth: truth.classes[position], predicted: predicted.classes[position])
      counts[cell, default: 0] += 1
    }
  }

  /// Adds what was counted elsewhere.
  package mutating func add(_ other: ConfusionCounts) { counts.merge(other.counts, uniquingKeysWith: +) }

  /// Every count that is not zero, by position, truth and prediction.
  package var entries: [Entry] {
    counts.map { cell, count in
      Entry(position: cell.position, truth: cell.truth, predicted: cell.predicted, count: count)
    }
    .sorted { ($0.position, $0.truth, $0.predicted) < ($1.position, $1.truth, $1.predicted) }
  }

  /// All characters counted: images times positions.
  package var characterCount: Int { counts.values.reduce(0, +) }
  /// Characters read as what they are.
  package var correctCount: Int { counts.reduce(0) { $0 + ($1.key.truth == $1.key.predicted ? $1.value : 0) } }
}
