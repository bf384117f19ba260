import Catalog
import Files
import Foundation
import Images
import Network
import ONNX
import Samples
import Shards
import Specs
import Workers

/// Writes a model as an ONNX file.
/// - Throws: `ModelFileError`, or `FileError` where `path` cannot be written.
package func exportONNX(modelPath: String, to path: String) throws {
  try writeDurably(try ModelFile(contentsOf: modelPath).encodedAsONNX(), to: path)
}

/// A split as a folder of PNG files with a table of their labels, `labels.csv`.
package struct ImageExport {
  private let shards: [ShardReader]
  package let imageCount: Int

  /// - Throws: `PipelineError.noSuchSplit` where the spec does not have the split, `missing` where it is not built,
  ///   `ShardError` where a shard cannot be read.
  package init(_ split: Split, of spec: PipelineSpec, in workspace: Workspace) throws {
    try spec.require(split)
    shards = try workspace.recordedShardPaths(of: split).map { try ShardReader($0) }
    imageCount = shards.reduce(0) { $0 + $1.header.recordCount }
  }

  /// Writes the images as `LABEL_INDEX.png`, or as `INDEX.png` where the label has a character that cannot be in such a
  /// name. The folder gets its name when it is complete.
  /// - Throws: `PipelineError.folderExists` where the folder exists already.
  package func write(
    to folder: String, team: Team, cancellation: Cancellation, report: (_ done: Int) -> Void
  ) throws {
    let files = SystemFileSystem()
    var folder = folder[...]
    while folder.count > 1 && folder.hasSuffix("/") { folder.removeLast() }
    let target = String(folder)
    guard !FileManager.default.fileExists(atPath: target) else { throw PipelineError.folderExists(target) }
    let partial = target + DurableFile.temporarySuffix
    if isFolder(partial) { try FileManager.default.removeItem(atPath: partial) }
    try files.createDirectory(partial)
    let blocks = shards.flatMap { shard in (0..<shard.header.blockCount).map { (shard, $0) } }
    let written = OrderedStream(jobs: 0..<blocks.count, threadCount: team.threadCount, window: 2 * team.threadCount) {
      try writeImages(ofBlock: blocks[$0].1, of: blocks[$0].0, to: partial)
    }
    var table = "file,label\n"
    var done = 0
    while let lines = try written.next() {
      try cancellation.check()
      table += lines.joined()
      done += lines.count
      report(done)
    }
    try writeDurably(Array(table.utf8), to: partial + "/" + labelTableName)
    try files.rename(partial, to: target)
  }
}

/// The name of the table of labels in a folder of images.
let labelTableName = "labels.csv"

/// Writes the images of a block, and returns their lines of the table.
private func writeImages(ofBlock number: Int, of shard: ShardReader, to folder: String) throws -> [String] {
  var block = ShardBlock()
  try shard.read(block: number, into: &block)
  return try (0..<shard.header.recordCount(ofBlock: number)).map { record in
    let sample = block.record(record)
    let label = shard.header.charsets[sample.charset].text(of: sample.label)
    let number = padded(Int(sample.index), digitCount: 6)
    let isName = !label.hasPrefix(".") && !label.contains { "/_\0".contains($0) }
    let name = isName ? "\(label)_\(number).png" : "\(number).png"
    let bytes = try PNGWriter.encode(sample.image)
    try write(bytes, to: folder + "/" + name)
    return "\(csvField(name)),\(csvField(label))\n"
  }
}

/// Writes a file without a sync, since an export can be repeated at any time.
private func write(_ bytes: [UInt8], to path: String) throws {
  let files = SystemFileSystem()
  let descriptor = try files.create(path)
  defer { files.close(descriptor) }
  try bytes.withUnsafeBytes { try files.write($0, to: descriptor, path: path) }
}
