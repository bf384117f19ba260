import Images
import Network
import Shards
import Specs

/// A reader of bytes that anyone may have written. No input makes it trap, hang or take memory without limit, and what it
/// accepts is in the ranges that it promises.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// A whole shard file.
  case shard
  /// The frame and the records of a block.
  case block
  /// Model and checkpoint files.
  case safetensors
  /// A spec file.
  case spec
  /// Image files, each case with its own corpus; PNG and JPEG files share the first.
  case image, gif, bmp, webp

  package func read(_ bytes: [UInt8]) {
    switch self {
    case .shard:
      readShard(bytes)
      // A changed header would else end at its hash.
      ShardBytes.withHeaderHash(bytes).map(readShard)
    case .block:
      readShard(ShardBytes.shard(ofFrame: bytes))
      readShard(ShardBytes.shard(ofContent: bytes))
    case .safetensors:
      _ = try? Checkpoint(bytes: bytes, path: "fuzz")
      if let file = try? Safetensors(bytes: bytes, path: "fuzz") { _ = try? ModelFile(file, path: "fuzz") }
    case .spec:
      _ = try? PipelineSpec(yaml: String(decoding: bytes, as: UTF8.self), path: "fuzz")
    case .image, .gif, .bmp, .webp:
      // A few bytes can hold millions of pixels. In the time that they take, thousands of other files can be read.
      guard let loaded = try? ImageFile.decode(bytes, path: "fuzz", pixelCountMax: 1 << 16) else { break }
      precondition(loaded.image.pixels.count == loaded.image.geometry.byteCount)
    }
  }
}

private func readShard(_ bytes: [UInt8]) {
  let file = ScratchFile.ofThisThread
  file.replace(with: bytes)
  _ = ShardVerifier.verify(file.path) { block, header in
    for number in 0..<block.recordCount {
      let sample = block.record(number)
      let (index, label) = (sample.index, sample.label)
      precondition(index >= header.firstIndex && index - header.firstIndex < header.recordCount)
      precondition(sample.seed < ShardLimits.seedEnd && label.count <= header.labelCapacity)
      // Traps where a class is not of the charset.
      _ = header.charsets[sample.charset].text(of: label)
    }
  }
}
