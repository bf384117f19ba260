import Faults
import Files
import Samples
import Shards
import Testing

/// A damaged shard becomes what it was, or stays as it is.
@Suite struct ShardRepairTests {
  private let folder: TemporaryFolder
  private let path: String
  private let example: (header: ShardHeader, records: [Sample])
  private let bytes: [UInt8]
  private let fingerprint: String
  /// Thousands of shards are written here, so nothing waits for a disk.
  private let fileSystem = FaultyFileSystem(on: FaultyDisk())

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("example.shard.zst")
    example = try ShardExamples.colorful()
    fingerprint = try write(example, to: path, in: fileSystem).fingerprint.description
    bytes = try ReadableFile.contents(of: path)
  }

  private func block(_ number: Int) -> EncodedBlock {
    let first = number * example.header.blockRecordCount
    var encoder = ShardBlockEncoder()
    return encoder.encode(block: number, of: example.header) { example.records[first + $0] }
  }

  private func repair(remake: (Int) -> EncodedBlock?) throws -> ShardRepair.Outcome {
    try ShardRepair.repair(path, header: example.header, fingerprint: fingerprint, in: fileSystem, remake: remake)
  }

  @Test func everyFlippedBitIsPutRight() throws {
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << bit
        try overwrite(path, with: damaged)
        if ShardVerifier.verify(path).isEmpty {
          #expect(try records(of: path) == example.records, "bit \(bit) of byte \(place)")
          continue
        }
        guard case .repaired(let blocks) = try repair(remake: block) else {
          Issue.record("bit \(bit) of byte \(place) is not repaired")
          continue
        }
        #expect(blocks.count <= 1)
        #expect(try ReadableFile.contents(of: path) == bytes, "bit \(bit) of byte \(place)")
      }
    }
  }

  @Test func everyCutIsPutRight() throws {
    for byteCount in bytes.indices {
      try overwrite(path, with: Array(bytes[..<byteCount]))
      guard case .repaired = try repair(remake: block) else {
        Issue.record("\(byteCount) bytes are not repaired")
        continue
      }
      #expect(try ReadableFile.contents(of: path) == bytes, "\(byteCount) bytes")
    }
  }

  @Test func soundBlocksAreNotMadeAgain() throws {
    let offsets = try ShardReader(path).seekTable.offsets
    var damaged = bytes
    damaged[offsets[2] + 20] ^= 1
    // Without the seek table, blocks are found one behind the other.
    damaged[damaged.count - 1] ^= 1
    try overwrite(path, with: damaged)
    #expect(try repair(remake: block) == .repaired(blocks: [1]))
    #expect(try ReadableFile.contents(of: path) == bytes)
  }

  @Test func whatCannotBeMadeAgainIsNamedAndLeftAlone() throws {
    let offsets = try ShardReader(path).seekTable.offsets
    var damaged = bytes
    for frame in [1, 3] { damaged[offsets[frame + 1] - 1] ^= 1 }
    try overwrite(path, with: damaged)
    let faults = [1, 3].map { frame in
      ShardError.damaged(path: path, frame: frame, byteOffset: offsets[frame], .wrongChecksum)
    }
    #expect(try repair { _ in nil } == .lost(faults))
    #expect(try ReadableFile.contents(of: path) == damaged)
    // A seek table needs no sample.
    damaged = bytes
    damaged[bytes.count - 20] ^= 1
    try overwrite(path, with: damaged)
    #expect(try repair { _ in nil } == .repaired(blocks: []))
    #expect(try ReadableFile.contents(of: path) == bytes)
  }

  /// Blocks that another generator would draw do not get in.
  @Test func whatComesOutOtherwiseIsNotWritten() throws {
    let damaged = Array(bytes.dropLast())
    try overwrite(path, with: damaged)
    let other = try ShardExamples.colorful(recordCount: 12)
    let outcome = try ShardRepair.repair(path, header: other.header, fingerprint: fingerprint, in: fileSystem) {
      number in
      var encoder = ShardBlockEncoder()
      return encoder.encode(block: number, of: other.header) { other.records[number * 4 + $0] }
    }
    #expect(outcome == .different)
    #expect(try ReadableFile.contents(of: path) == damaged)
  }
}
