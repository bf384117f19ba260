// The names are those of the C header, which the compiler compares.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CGlyphline
import Files
import Foundation
import Loader
import Pipeline
import Samples
import Workers

private final class SplitHandle: Handle {
  override class var name: String { "split" }
  let info: UnsafeMutablePointer<glyphline_split_info>
  let dataset: Dataset
  private let reader: SampleReader
  private let characters: CStrings
  private let splitName: CStrings

  init(_ dataset: Dataset) {
    self.dataset = dataset
    reader = SampleReader(dataset)
    characters = CStrings(dataset.alphabet.characters.map(String.init) + [""])
    splitName = CStrings([dataset.split.rawValue])
    info = .allocate(capacity: 1)
    info.initialize(
      to: glyphline_split_info(
        count: UInt64(dataset.sampleCount), name: splitName.pointers[0], width: Int32(dataset.geometry.width),
        height: Int32(dataset.geometry.height), channels: Int32(dataset.geometry.format.rawValue),
        label_capacity: Int32(dataset.labelCapacity), class_count: Int32(dataset.alphabet.count + 1),
        characters: characters.pointers))
  }

  deinit { info.deallocate() }

  func read(_ positions: UnsafeBufferPointer<UInt64>) throws -> Batch {
    try reader.read(
      positions.map { try number($0, named: "a sample's position", in: 0...dataset.sampleCount - 1) })
  }
}

@c @implementation
public func glyphline_split_open(
  _ workspace: UnsafePointer<CChar>!, _ name: UnsafePointer<CChar>!, _ split: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
  returningError {
    let workspace = Workspace(path: FilePath(workspace).description)
    split.pointee = SplitHandle(try workspace.recordedDataset(of: Split(named: name))).retainedPointer
  }
}

@c @implementation
public func glyphline_shard_open(
  _ path: UnsafePointer<CChar>!, _ split: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
  returningError { split.pointee = SplitHandle(try Dataset(paths: [FilePath(path).description])).retainedPointer }
}

@c @implementation
public func glyphline_split_close(_ split: OpaquePointer!) { split.close(SplitHandle.self) }

@c @implementation
public func glyphline_split_describe(_ split: OpaquePointer!) -> UnsafePointer<glyphline_split_info>! {
  UnsafePointer(split.object(SplitHandle.self).info)
}

@c @implementation
public func glyphline_split_read(
  _ split: OpaquePointer!, _ positions: UnsafePointer<UInt64>!, _ count: Int,
  _ samples: UnsafeMutablePointer<UnsafeMutablePointer<glyphline_samples>?>!
) -> OpaquePointer! {
  returningError {
    let handle = split.object(SplitHandle.self)
    let batch = try handle.use { try handle.read(UnsafeBufferPointer(start: positions, count: count)) }
    samples.pointee = Owned.pointer(to: OwnedSamples(batch))
  }
}

@c @implementation
public func glyphline_samples_free(_ samples: UnsafeMutablePointer<glyphline_samples>!) {
  _ = Owned<glyphline_samples, OwnedSamples>.take(samples)
}

/// Samples in the memory of a C program.
private struct OwnedSamples {
  let samples: glyphline_samples
  /// Keeps the arrays that `samples` points to.
  private let batch: Batch

  init(_ batch: Batch) {
    self.batch = batch
    // SAFETY: an array's elements stay where they are as long as a copy of the array exists. The C program may write to
    // them: if the loader still has the same array, it uses its content no more, and overwrites all of it.
    func address<Element>(_ array: [Element]) -> UnsafeMutablePointer<Element>? {
      array.withUnsafeBufferPointer { UnsafeMutablePointer(mutating: $0.baseAddress) }
    }
    samples = glyphline_samples(
      count: batch.count, pixels: address(batch.images), labels: address(batch.labels),
      indices: address(batch.indices), seeds: address(batch.seeds))
  }
}

private final class BatchesHandle: Handle {
  override class var name: String { "series of batches" }
  let loader: BatchLoader

  init(_ dataset: Dataset, _ options: glyphline_batches_options) throws {
    let count = dataset.sampleCount
    let order = BatchLoader.Order(options)
    var size = try number(options.size, named: "the batch size", in: 1...Int(Int32.max))
    // The last batch in the order of positions may be smaller, so none need be larger than the split.
    if order == .sequential { size = min(size, count) }
    let batchCount = order.batchesPerEpoch(sampleCount: count, batchSize: size)
    let epoch = options.shuffled ? try number(options.epoch, named: "the epoch", in: 0...Int(Int32.max)) : 0
    let start = Int(min(options.start, UInt64(batchCount)))
    let parts = try number(options.parts, named: "the number of parts", in: 1...Int(Int32.max))
    let part = try number(options.part, named: "the part", in: 0...parts - 1)
    loader = try BatchLoader(
      dataset, order: order, batchSize: size, startBatch: epoch * batchCount + start + part,
      endBatch: (epoch + 1) * batchCount, stride: parts,
      threadCount: try threadCount(options.threads) ?? usableProcessorCount())
  }
}

extension BatchLoader.Order {
  fileprivate init(_ options: glyphline_batches_options) {
    self = options.shuffled ? .shuffled(seed: SeedPurpose.order.seed(from: options.seed)) : .sequential
  }
}

@c @implementation
public func glyphline_batches_open(
  _ split: OpaquePointer!, _ options: UnsafePointer<glyphline_batches_options>!,
  _ batches: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
  returningError {
    let handle = split.object(SplitHandle.self)
    batches.pointee = try handle.use { try BatchesHandle(handle.dataset, options.pointee).retainedPointer }
  }
}

@c @implementation
public func glyphline_batches_close(_ batches: OpaquePointer!) { batches.close(BatchesHandle.self) }

@c @implementation
public func glyphline_batches_next(
  _ batches: OpaquePointer!, _ samples: UnsafeMutablePointer<UnsafeMutablePointer<glyphline_samples>?>!
) -> OpaquePointer! {
  returningError {
    let handle = batches.object(BatchesHandle.self)
    samples.pointee = try handle.use { try handle.loader.next().map { Owned.pointer(to: OwnedSamples($0)) } }
  }
}
