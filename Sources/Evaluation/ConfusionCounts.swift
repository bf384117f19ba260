import Samples

/// How often each class was read as each class, position by position.
package struct ConfusionCounts: Sendable, Equatable {
  /// One count that is not zero.
  package struct Entry: Sendable, Equatable {
    package let position: Int
    /// Class index of what is written there; `pastEnd` where the text has ended.
    package let truth: UInt16
    /// Class index of what was read; `pastEnd` where nothing was.
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

  /// Stands at positions past a text's end. No alphabet has as many classes.
  package static let pastEnd = UInt16.max

  private let positions: Int

  /// - Parameter positions: The most characters of a text.
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
  package var entries: [Entry] {
    counts.map { cell, count in
      Entry(position: cell.position, truth: cell.truth, predicted: cell.predicted, count: count)
    }
    .sorted { ($0.position, $0.truth, $0.predicted) < ($1.position, $1.truth, $1.predicted) }
  }
}
