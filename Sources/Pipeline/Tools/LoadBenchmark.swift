import Files
import Foundation
import Loader
import Samples
import Shards
import Specs
import Workers

/// Loading of shuffled batches, and plain decompression, which bounds its speed.
struct LoadBenchmark {
  /// Seconds from a cold open to the first batch.
  let firstBatchSeconds: Double
  private let loader: BatchLoader
  private let decompression: Decompression

  /// - Throws: `PipelineError.missing` where the train split is not built.
  init(_ spec: PipelineSpec, in workspace: Workspace, team: Team) throws {
    let start = Date()
    let paths = try workspace.recordedCatalog()?.shards(of: .train).map { workspace.path(ofFile: $0.file) } ?? []
    guard !paths.isEmpty else {
      throw PipelineError.missing(stage: "the train split that loading needs", remedy: "`glyphline build` draws it")
    }
    loader = try BatchLoader(
      Dataset(paths: paths), order: .shuffled(seed: SeedPurpose.order.seed(from: spec.seed)),
      batchSize: spec.training.imagesPerStep, threadCount: team.threadCount)
    _ = try loader.next()
    firstBatchSeconds = -start.timeIntervalSinceNow
    decompression = try Decompression(paths, team: team)
  }

  /// Loads a shuffled batch.
  /// - Returns: How many images it has.
  func load() throws -> Int { try loader.next()?.count ?? 0 }

  /// Does the least that any loader must, on some of the same frames: decompresses them and verifies their checksums.
  /// - Returns: How many images they hold.
  func decompress() throws -> Int { try decompression.run() }
}

/// Plain decompression of frames in memory, on every thread of a team.
// SAFETY: each buffer is used only by the one thread that has its lane.
private final class Decompression: @unchecked Sendable {
  private struct Frame {
    let bytes: [UInt8]
    let contentByteCount: Int
    let recordCount: Int
  }

  private final class Buffer {
    var decompressor = ZstdDecompressor()
    var content: [UInt8] = []
    var error: ZstdError?
  }

  /// More than the CPU's caches hold, as with a dataset.
  private static let byteCountMax = 32 << 20

  private let team: Team
  private let frames: [Frame]
  private let buffers: [Buffer]

  init(_ paths: [String], team: Team) throws {
    self.team = team
    frames = try Self.frames(of: paths)
    buffers = (0..<team.threadCount).map { _ in Buffer() }
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
        guard byteCount <= byteCountMax || frames.isEmpty else { return frames }
        frames.append(
          Frame(
            bytes: try file.read(
              at: reader.seekTable.offsets[block + 1], count: Int(entry.compressedByteCount)),
            contentByteCount: Int(entry.contentByteCount), recordCount: reader.header.recordCount(ofBlock: block)))
      }
    }
    return frames
  }

  func run() throws(ZstdError) -> Int {
    team.run(count: buffers.count) { lane in
      for index in stride(from: lane, to: self.frames.count, by: self.buffers.count) {
        self.decompress(self.frames[index], in: self.buffers[lane])
      }
    }
    for buffer in buffers { if let error = buffer.error { throw error } }
    return frames.reduce(0) { $0 + $1.recordCount }
  }

  private func decompress(_ frame: Frame, in buffer: Buffer) {
    do throws(ZstdError) {
      if buffer.content.count != frame.contentByteCount {
        buffer.content = [UInt8](repeating: 0, count: frame.contentByteCount)
      }
      try buffer.decompressor.decompress(frame.bytes, into: &buffer.content)
    } catch {
      buffer.error = error
    }
  }
}
