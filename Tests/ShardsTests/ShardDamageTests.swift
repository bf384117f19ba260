import Files
import Foundation
import Samples
import Shards
import Testing

/// No damage, whatever it is, gives a wrong record or ends the program.
@Suite struct ShardDamageTests {
  private let folder: TemporaryFolder
  private let path: String
  private let example: (header: ShardHeader, records: [Sample])
  private let bytes: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("example.shard.zst")
    example = try ShardExamples.colorful()
    try write(example, to: path)
    bytes = try ReadableFile.contents(of: path)
  }

  /// Where frame `number` starts.
  private func offset(ofFrame number: Int) throws -> Int {
    try overwrite(path, with: bytes)
    return try ShardReader(path).seekTable.offsets[number]
  }

  @Test func everyFlippedBitIsFoundOrHarmless() throws {
    let firstBlock = try offset(ofFrame: 1)
    let seekTable = try offset(ofFrame: 4)
    for offset in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[offset] ^= 1 << bit
        try overwrite(path, with: damaged)
        do {
          let found = try records(of: path)
          #expect(found == example.records, "bit \(bit) of byte \(offset)")
          // Only Zstandard has several ways to say the same.
          #expect((firstBlock..<seekTable).contains(offset), "bit \(bit) of byte \(offset)")
          #expect(ShardVerifier.verify(path).isEmpty)
        } catch is ShardError {
          #expect(!ShardVerifier.verify(path).isEmpty, "bit \(bit) of byte \(offset)")
        }
      }
    }
  }

  @Test func everyCutIsFound() throws {
    for byteCount in bytes.indices {
      try overwrite(path, with: Array(bytes[..<byteCount]))
      #expect(throws: ShardError.self, "\(byteCount) bytes") { try ShardReader(path) }
      #expect(!ShardVerifier.verify(path).isEmpty)
    }
    try overwrite(path, with: bytes + [0])
    #expect(throws: ShardError.self) { try ShardReader(path) }
  }

  @Test func randomDamageNeverGivesAWrongRecord() throws {
    let seed: UInt64 = 20_261_122
    var random = RandomStream(seed: seed, stream: 0)
    for round in 0..<2_000 {
      var damaged = bytes
      for _ in 0...random.next(below: 4) {
        let start = random.next(below: damaged.count)
        let end = min(damaged.count, start + 1 + random.next(below: 12))
        switch random.next(below: 4) {
        case 0: damaged.removeSubrange(start..<end)
        case 1: damaged.insert(contentsOf: damaged[start..<end], at: random.next(below: damaged.count))
        case 2: for offset in start..<end { damaged[offset] = random.next(below: 2) == 0 ? 0 : 0xFF }
        default: for offset in start..<end { damaged[offset] = UInt8(random.next(below: 256)) }
        }
        if damaged.isEmpty { break }
      }
      try overwrite(path, with: damaged)
      if let found = try? records(of: path) {
        #expect(found == example.records, "seed \(seed), round \(round)")
      } else {
        #expect(!ShardVerifier.verify(path).isEmpty, "seed \(seed), round \(round)")
      }
    }
  }

  @Test func damageIsNamedByFrameAndOffset() throws {
    let second = try offset(ofFrame: 2)
    let third = try offset(ofFrame: 3)
    var damaged = bytes
    damaged[third - 1] ^= 1
    try overwrite(path, with: damaged)
    let reader = try ShardReader(path)
    let fault = ShardError.damaged(path: path, frame: 2, byteOffset: second, .wrongChecksum)
    #expect(throws: fault) { try reader.record(5) }
    #expect(fault.description.contains("frame 2 at byte \(second)"))
    #expect(try reader.record(0) == example.records[0])
    #expect(try reader.record(8) == example.records[8])
    #expect(ShardVerifier.verify(path) == [fault])
  }

  @Test func verifierListsAllFaults() throws {
    let offsets = try (1...4).map { try offset(ofFrame: $0) }
    var damaged = bytes
    damaged[offsets[1] - 1] ^= 1
    damaged[offsets[3] - 1] ^= 1
    damaged[damaged.count - 1] ^= 1
    try overwrite(path, with: damaged)
    let faults = ShardVerifier.verify(path)
    let frames = faults.map { if case .damaged(_, let frame, _, _) = $0 { frame } else { -1 } }
    // The seek table is looked at first; it then comes from the frames, whose own checksums are wrong.
    #expect(frames == [4, 1, 3])
  }

  @Test func blockOfAnotherShardIsFound() throws {
    // Blocks of the smallest shard are not worth compressing, so two of them have the same byte count.
    let (header, records) = try ShardExamples.smallest()
    let sample = records[0]
    let otherSample = Sample(
      index: sample.index, seed: sample.seed + 1, label: sample.label, image: sample.image)
    try write((header, records), to: path)
    let otherPath = folder.file("other.shard.zst")
    try write((header, [otherSample]), to: otherPath)
    let offsets = try ShardReader(path).seekTable.offsets
    try #require(try ShardReader(otherPath).seekTable.offsets == offsets)
    let own = try ReadableFile.contents(of: path)
    let other = try ReadableFile.contents(of: otherPath)
    try overwrite(path, with: Array(own[..<offsets[1]]) + other[offsets[1]..<offsets[2]] + own[offsets[2]...])
    #expect(throws: ShardError.damaged(path: path, frame: 1, byteOffset: offsets[1], .wrongChecksum)) {
      try ShardReader(path).record(0)
    }
  }

  @Test func headerThatClaimsTheWorldAllocatesNothing() throws {
    // A valid header of a huge shard, with nothing behind it.
    let header = try ShardHeader(
      generatorVersion: 1, specHash: ContentHash(of: ""), split: .train, firstIndex: 0, recordCount: 100_000_000,
      blockRecordCount: 1, geometry: Geometry(width: 65_535, height: 5_000, format: .rgb), labelCapacity: 1,
      charsets: [try Alphabet("01")], compressionLevel: 1)
    try overwrite(path, with: header.encoded())
    #expect(throws: ShardError.self) { try ShardReader(path) }
  }

  @Test(arguments: ["flipped", "cut"])
  func damagedFixturesAreRefused(name: String) throws {
    let path = try #require(Bundle.module.path(forResource: name, ofType: "shard.zst", inDirectory: "Fixtures"))
    #expect(throws: ShardError.self) { try records(of: path) }
  }

  @Test func colorfulFixtureIsRead() throws {
    let path = try #require(Bundle.module.path(forResource: "colorful", ofType: "shard.zst", inDirectory: "Fixtures"))
    #expect(try ShardReader(path).header == example.header)
    #expect(try records(of: path) == example.records)
  }
}
