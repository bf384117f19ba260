import Files
import Foundation
import Loader
import Samples
import Shards
import Specs
import Workers

/// Loading of shuffled batches, and plain decompression, which bounds its speed.
struct LoadBenchmark {
  private struct Frame {
    let bytes: [UInt8]
    let contentByteCount: Int
    let recordCount: Int
  }

  /// More than the CPU's caches hold, as with a dataset.
  private static let frameByteCountMax = 32 << 20

  /// Seconds from a cold open to the first batch.
  let firstBatchSeconds: Double
  private let loader: BatchLoader
  /// Of the shards' first blocks.
  private let frames: [Frame]
  private let threadCount: Int

  /// - Throws: `PipelineError.missing` where the train split is not built.
  init(_ spec: PipelineSpec, in workspace: Workspace, team: Team) throws {
    let start = Date()
    let paths = try workspace.recordedCatalog()?.shards(of: .train).map { workspace.path(ofFile: $0.file) } ?? []
    guard !paths.isEmpty else {
      throw PipelineError.missing(
        stage: "the train split that loading needs", remedy: "make it with `glyphline build` or `glyphline import`")
    }
    loader = try BatchLoader(
      Dataset(paths: paths), order: .shuffled(seed: SeedPurpose.order.seed(from: spec.seed)),
      batchSize: spec.training.imagesPerStep, threadCount: team.threadCount)
    _ = try loader.next()
    firstBatchSeconds = -start.timeIntervalSinceNow
    frames = try Self.frames(of: paths)
    threadCount = team.threadCount
  }

  private static func frames(of paths: [String]) throws -> [Frame] {
    var frames: [Frame] = []
    var byteCount = 0
    for path in paths {
      let reader = try ShardReader(path)
      let file = try ReadableFile(path)
      for block in 0..<reader.header.blockCount {
        let entry = reader.seekTable.entries[block + 1]
        byteCount += Int(entry.compressedByteCount)
        guard byteCount <= frameByteCountMax || frames.isEmpty else { return frames }
        frames.append(
          Frame(
            bytes: try file.read(
              at: reader.seekTable.offsets[block + 1], count: Int(entry.compressedByteCount)),
            contentByteCount: Int(entry.contentByteCount), recordCount: reader.header.recordCount(ofBlock: block)))
      }
    }
    return frames
  }

  /// Loads a shuffled batch.
  /// - Returns: How many images it has.
  func load() throws -> Int { try loader.next()?.count ?? 0 }

  /// Does the least that any loader must, on all threads: decompresses the frames and verifies their checksums.
  /// - Returns: How many images they hold.
  func decompress() throws -> Int {
    let frames = frames
    let counts = OrderedStream<Int>(jobs: 0..<frames.count, threadCount: threadCount, window: 2 * threadCount) {
      var decompressor = ZstdDecompressor()
      var content: [UInt8] = []
      return { job in
        let frame = frames[job]
        if content.count != frame.contentByteCount { content = [UInt8](repeating: 0, count: frame.contentByteCount) }
        try decompressor.decompress(frame.bytes, into: &content)
        return frame.recordCount
      }
    }
    var images = 0
    while let count = try counts.next() { images += count }
    return images
  }
}
