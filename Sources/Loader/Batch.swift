import Samples
import Shards

/// A batch of samples: the candidates of a training step, or a batch to evaluate.
package struct Batch: Sendable {
  package let geometry: Geometry
  /// Positions of a label.
  package let labelCapacity: Int
  /// [batch, height, width, channel], 8-bit.
  package private(set) var images: [UInt8]
  /// [batch, label capacity], classes of the dataset's alphabet; past a label's end the blank, whose class is the
  /// number of the alphabet's characters.
  package private(set) var labels: [UInt16]
  /// [batch], indices in the split.
  package private(set) var indices: [UInt64]
  /// [batch], the seeds that the images were drawn from; 0 for imported images.
  package private(set) var seeds: [UInt64]

  /// As `Dataset.classes`.
  private let classes: [[UInt16]]
  private let blank: UInt16

  /// Samples in the batch.
  package var count: Int { indices.count }

  /// Stands in `indices` for a row without a sample, since its block was left out.
  private static let absent = UInt64.max

  /// A batch without samples, which are set later.
  init(count: Int, of dataset: Dataset) {
    geometry = dataset.geometry
    labelCapacity = dataset.labelCapacity
    classes = dataset.classes
    blank = dataset.alphabet.blank
    let byteCount = count * dataset.geometry.byteCount
    // SAFETY: a byte may have any value, and each row is set before it is handed out. To fill two windows with zeros would
    // take the calling thread 0.1 s; so the threads that set the rows are the first to touch this memory.
    images = [UInt8](unsafeUninitializedCapacity: byteCount) { $1 = byteCount }
    labels = [UInt16](repeating: RecordLayout.noClass, count: count * dataset.labelCapacity)
    indices = [UInt64](repeating: Self.absent, count: count)
    seeds = [UInt64](repeating: 0, count: count)
  }

  /// Copies record `record` of `block` to row `row`.
  mutating func set(_ row: Int, to record: Int, of block: borrowing ShardBlock) {
    indices[row] = block.index(ofRecord: record)
    seeds[row] = block.seed(ofRecord: record)
    let (pixels, positions) = (pixels(ofRow: row), classes(ofRow: row))
    // SAFETY: the slices' bounds are checked, and the pointers do not outlive the calls.
    images.withUnsafeMutableBufferPointer { images in
      block.copyPixels(ofRecord: record, to: .init(rebasing: images[pixels]))
    }
    labels.withUnsafeMutableBufferPointer { labels in
      block.copyClasses(ofRecord: record, to: .init(rebasing: labels[positions]))
    }
    let classes = classes[block.charset(ofRecord: record)]
    for position in positions {
      labels[position] = labels[position] == RecordLayout.noClass ? blank : classes[Int(labels[position])]
    }
  }

  /// Copies row `source` of another batch of the same dataset.
  mutating func copy(_ source: Int, of other: Batch, to row: Int) {
    images.replaceSubrange(pixels(ofRow: row), with: other.images[other.pixels(ofRow: source)])
    labels.replaceSubrange(classes(ofRow: row), with: other.labels[other.classes(ofRow: source)])
    indices[row] = other.indices[source]
    seeds[row] = other.seeds[source]
  }

  /// Marks `row` as having no sample.
  mutating func setAbsent(_ row: Int) { indices[row] = Self.absent }

  package func label(ofRow row: Int) -> Label { Label(classes: labels[classes(ofRow: row)].filter { $0 != blank }) }

  private func pixels(ofRow row: Int) -> Range<Int> { row * geometry.byteCount..<(row + 1) * geometry.byteCount }
  private func classes(ofRow row: Int) -> Range<Int> { row * labelCapacity..<(row + 1) * labelCapacity }
}

// MARK: - Samples that are left out

extension Batch {
  /// The first `count` rows as a batch of its own.
  /// - Parameter isFull: Whether rows without a sample become copies of the others, in turn, so that the batch keeps
  ///   its size; if not, they are dropped.
  /// - Returns: nil where no row has a sample.
  func finished(count: Int, isFull: Bool) -> Batch? {
    var batch = self
    batch.truncate(to: count)
    let present = batch.indices.indices.filter { batch.indices[$0] != Self.absent }
    if present.isEmpty && count > 0 { return nil }
    if isFull {
      let absent = batch.indices.indices.filter { batch.indices[$0] == Self.absent }
      for (turn, row) in absent.enumerated() { batch.copy(present[turn % present.count], to: row) }
    } else {
      for (row, source) in present.enumerated() { batch.copy(source, to: row) }
      batch.truncate(to: present.count)
    }
    return batch
  }

  /// Some of the rows as a batch of their own.
  func only(_ rows: Range<Int>) -> Batch {
    var batch = self
    for (row, source) in rows.enumerated() { batch.copy(source, to: row) }
    batch.truncate(to: rows.count)
    return batch
  }

  private mutating func truncate(to count: Int) {
    // Removing no elements would still copy the arrays.
    guard count < self.count else { return }
    images.removeLast(images.count - count * geometry.byteCount)
    labels.removeLast(labels.count - count * labelCapacity)
    indices.removeLast(indices.count - count)
    seeds.removeLast(seeds.count - count)
  }

  private mutating func copy(_ source: Int, to row: Int) {
    if source != row { copy(source, of: self, to: row) }
  }
}
