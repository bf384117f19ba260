import Samples
import Shards

/// Samples that a model sees in one step.
package struct Batch: Sendable {
  /// Place in the order, from 0: for the shuffled order counted on from epoch to epoch.
  package fileprivate(set) var number = 0
  package let geometry: Geometry
  /// Positions in each label.
  package let labelCapacity: Int
  /// [batch, height, width, channel], 8-bit.
  package private(set) var images: [UInt8]
  /// [batch, label capacity], class indices of the dataset's alphabet; at positions past a label's end the number of its
  /// characters, which is the class of a model's blank.
  package private(set) var labels: [UInt16]
  /// [batch], places in the split.
  package private(set) var indices: [UInt64]

  /// As `Dataset.classes`.
  private let classes: [[UInt16]]
  private let blank: UInt16

  /// Samples in the batch.
  package var count: Int { indices.count }

  /// The index of a row whose sample could not be read; no sample has it.
  private static let absent = UInt64.max

  /// A batch whose samples are set later.
  init(count: Int, of dataset: Dataset) {
    geometry = dataset.geometry
    labelCapacity = dataset.labelCapacity
    classes = dataset.classes
    blank = dataset.alphabet.blank
    images = [UInt8](repeating: 0, count: count * dataset.geometry.byteCount)
    labels = [UInt16](repeating: RecordLayout.noClass, count: count * dataset.labelCapacity)
    indices = [UInt64](repeating: Self.absent, count: count)
  }

  /// Makes sample `row` of the batch a copy of `record` of `block`.
  mutating func set(_ row: Int, to record: Int, of block: borrowing ShardBlock) {
    indices[row] = block.index(ofRecord: record)
    let (pixels, places) = (pixels(ofRow: row), classes(ofRow: row))
    // SAFETY: the slices' bounds are checked, and the pointers do not outlive the calls.
    images.withUnsafeMutableBufferPointer { images in
      block.copyPixels(ofRecord: record, to: .init(rebasing: images[pixels]))
    }
    labels.withUnsafeMutableBufferPointer { labels in
      block.copyClasses(ofRecord: record, to: .init(rebasing: labels[places]))
    }
    let classes = classes[block.charset(ofRecord: record)]
    for place in places {
      labels[place] = labels[place] == RecordLayout.noClass ? blank : classes[Int(labels[place])]
    }
  }

  /// Leaves `row` without a sample.
  mutating func setAbsent(_ row: Int) { indices[row] = Self.absent }

  private func pixels(ofRow row: Int) -> Range<Int> { row * geometry.byteCount..<(row + 1) * geometry.byteCount }
  private func classes(ofRow row: Int) -> Range<Int> { row * labelCapacity..<(row + 1) * labelCapacity }
}

// MARK: - Samples that are left out

extension Batch {
  /// The first `count` rows as a batch of its own.
  /// - Parameter isFull: Rows without a sample become copies of the others, in turn, so that the batch keeps its size;
  ///   else they are dropped.
  /// - Returns: nil where no row has a sample.
  func finished(number: Int, count: Int, isFull: Bool) -> Batch? {
    var batch = self
    batch.number = number
    batch.truncate(to: count)
    if batch.indices.contains(Self.absent) {
      let present = batch.indices.indices.filter { batch.indices[$0] != Self.absent }
      if isFull {
        batch.fillAbsentRows(from: present)
      } else {
        batch.keep(present)
      }
    }
    return batch.indices.first == Self.absent || batch.count == 0 ? nil : batch
  }

  private mutating func fillAbsentRows(from present: [Int]) {
    guard !present.isEmpty else { return }
    var turn = 0
    for row in indices.indices where indices[row] == Self.absent {
      copy(present[turn % present.count], to: row)
      turn += 1
    }
  }

  private mutating func keep(_ rows: [Int]) {
    for (row, source) in rows.enumerated() { copy(source, to: row) }
    truncate(to: rows.count)
  }

  private mutating func truncate(to count: Int) {
    // Taking nothing away would still copy.
    guard count < self.count else { return }
    images.removeLast(images.count - count * geometry.byteCount)
    labels.removeLast(labels.count - count * labelCapacity)
    indices.removeLast(indices.count - count)
  }

  private mutating func copy(_ source: Int, to row: Int) {
    guard source != row else { return }
    images.replaceSubrange(pixels(ofRow: row), with: images[pixels(ofRow: source)])
    labels.replaceSubrange(classes(ofRow: row), with: labels[classes(ofRow: source)])
    indices[row] = indices[source]
  }
}
