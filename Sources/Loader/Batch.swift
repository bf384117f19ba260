import Samples
import Shards

/// Samples that a model sees in one step.
package struct Batch: Sendable {
  /// Place in the epoch, from 0.
  package let number: Int
  package let geometry: Geometry
  /// Positions in each label.
  package let labelCapacity: Int
  /// [batch, height, width, channel], 8-bit.
  package private(set) var images: [UInt8]
  /// [batch, label capacity], class indices; `RecordLayout.noClass` at positions past a label's end.
  package private(set) var labels: [UInt16]
  /// [batch], places in the split.
  package private(set) var indices: [UInt64]

  /// Samples in the batch.
  package var count: Int { indices.count }

  /// A batch whose samples are set later.
  init(number: Int, count: Int, of dataset: Dataset) {
    self.number = number
    geometry = dataset.geometry
    labelCapacity = dataset.labelCapacity
    images = [UInt8](repeating: 0, count: count * dataset.geometry.byteCount)
    labels = [UInt16](repeating: RecordLayout.noClass, count: count * dataset.labelCapacity)
    indices = [UInt64](repeating: 0, count: count)
  }

  /// Makes sample `row` of the batch a copy of `record` of `block`.
  mutating func set(_ row: Int, to record: Int, of block: borrowing ShardBlock) {
    indices[row] = block.index(ofRecord: record)
    let imageByteCount = geometry.byteCount
    // SAFETY: the slices' bounds are checked, and the pointers do not outlive the calls.
    images.withUnsafeMutableBufferPointer { images in
      block.copyPixels(ofRecord: record, to: .init(rebasing: images[row * imageByteCount..<(row + 1) * imageByteCount]))
    }
    labels.withUnsafeMutableBufferPointer { labels in
      block.copyClasses(ofRecord: record, to: .init(rebasing: labels[row * labelCapacity..<(row + 1) * labelCapacity]))
    }
  }

  /// Adds the samples of `other`, the batch's next part.
  mutating func append(_ other: Batch) {
    images += other.images
    labels += other.labels
    indices += other.indices
  }
}
