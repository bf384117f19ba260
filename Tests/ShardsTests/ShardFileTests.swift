import Faults
import Files
import Foundation
import Samples
import Shards
import Testing

@Suite struct ShardFileTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("example.shard.zst")
  }

  @Test func recordsComeBack() throws {
    let example = try ShardExamples.colorful()
    let summary = try write(example, to: path)
    let reader = try ShardReader(path)
    #expect(reader.header == example.header)
    #expect(reader.header.blockCount == 3)
    #expect(try records(of: path) == example.records)
    for number in [10, 0, 4, 3] { #expect(try reader.record(number) == example.records[number]) }
    #expect(reader.byteCount == summary.byteCount)
    #expect(reader.fingerprint == summary.fingerprint)
    #expect(reader.header.firstIndex == 1000 && reader.header.recordCount == 11)
    #expect(ShardVerifier.verify(path).isEmpty)
  }

  /// Level 1 has parameters of its own, the others libzstd's.
  @Test(arguments: [1, 2, 5, 12, 19]) func recordsComeBackFromEveryLevel(level: Int) throws {
    let example = try ShardExamples.colorful(recordCount: 300, blockRecordCount: 100, compressionLevel: level)
    try write(example, to: path)
    #expect(try ShardReader(path).header.compressionLevel == level)
    #expect(try records(of: path) == example.records)
  }

  @Test func charactersOfSeveralCodePointsKeepTheirBorders() throws {
    // A flag and its first half would read as other letters if they stood side by side without a border.
    let charset = try Alphabet(["🇩🇪", "🇩", "🇪", "e\u{0301}", "\u{0301}"])
    let header = try ShardHeader(
      generatorVersion: 0, specHash: ContentHash(of: ""), split: .validation, firstIndex: 0, recordCount: 1,
      blockRecordCount: 1, geometry: Geometry(width: 1, height: 1, format: .gray), labelCapacity: 1,
      charsets: [charset], compressionLevel: 1)
    let sample = Sample(
      index: 0, seed: 0, label: Label(classes: [4]), image: Image(geometry: header.geometry, pixels: [1]))
    try write((header, [sample]), to: path)
    #expect(try ShardReader(path).header.charsets[0].characters == charset.characters)
  }

  @Test func bytesDependOnNothingElse() async throws {
    let example = try ShardExamples.colorful(recordCount: 200, blockRecordCount: 16)
    try write(example, to: path)
    // The same blocks, compressed in another order on several threads.
    let blocks = await withTaskGroup(of: EncodedBlock.self) { group in
      for number in (0..<example.header.blockCount).reversed() {
        group.addTask {
          var encoder = ShardBlockEncoder()
          return encoder.encode(block: number, of: example.header) { example.records[number * 16 + $0] }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }.sorted { $0.number < $1.number }
    }
    let other = folder.file("other.shard.zst")
    var writer = try ShardWriter(other, header: example.header)
    for block in blocks { try writer.append(block) }
    _ = try writer.finish()
    #expect(try ReadableFile.contents(of: other) == ReadableFile.contents(of: path))
  }

  @Test func unfinishedWriterLeavesNothing() throws {
    let example = try ShardExamples.colorful()
    do {
      var writer = try ShardWriter(path, header: example.header)
      var encoder = ShardBlockEncoder()
      try writer.append(encoder.encode(block: 0, of: example.header) { example.records[$0] })
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func everyFailingOperationLeavesNothingUnderTheName() throws {
    let example = try ShardExamples.colorful()
    var failureCount = 0
    while true {
      let fileSystem = FaultyFileSystem(on: FaultyDisk(failingWith: ENOSPC, atOperation: failureCount + 1))
      do {
        try write(example, to: path, in: fileSystem)
        break
      } catch let error as ShardError {
        guard case .file(let fileError) = error else { throw error }
        #expect(fileError.code == ENOSPC)
        failureCount += 1
        // After the rename the shard is there and whole; only the directory's sync is in doubt.
        let isRenamed = fileError.operation == .syncDirectory
        #expect(FileManager.default.fileExists(atPath: path) == isRenamed)
        #expect(!FileManager.default.fileExists(atPath: path + DurableFile.temporarySuffix))
      }
    }
    // Create; header, three blocks, seek table; sync, rename, sync directory.
    #expect(failureCount == 9)
    #expect(try records(of: path) == example.records)
  }

  @Test func shardOfAnotherProgramIsNoShard() throws {
    try overwrite(path, with: [UInt8]("not a shard at all".utf8))
    #expect(throws: ShardError.damaged(path: path, frame: 0, byteOffset: 0, .notAShard)) { try ShardReader(path) }
    try overwrite(path, with: [])
    #expect(throws: ShardError.damaged(path: path, frame: 0, byteOffset: 0, .notAShard)) { try ShardReader(path) }
    let missing = folder.file("missing.shard.zst")
    #expect(throws: ShardError.file(FileError(.open, path: missing, code: ENOENT))) { try ShardReader(missing) }
    #expect(ShardVerifier.verify(missing) == [.file(FileError(.open, path: missing, code: ENOENT))])
  }

  @Test func headersBeyondTheFormatAreRefused() throws {
    func header(
      firstIndex: UInt64 = 0, recordCount: Int = 1, blockRecordCount: Int = 64, width: Int = 160,
      labelCapacity: Int = 4,
      charsets: [Alphabet]? = nil, level: Int = 1
    ) throws(ShardHeaderError) -> ShardHeader {
      let digits = try? Alphabet("01")
      return try ShardHeader(
        generatorVersion: 1, specHash: ContentHash(of: ""), split: .train, firstIndex: firstIndex,
        recordCount: recordCount, blockRecordCount: blockRecordCount,
        geometry: Geometry(width: width, height: 60, format: .gray), labelCapacity: labelCapacity,
        charsets: charsets ?? [digits].compactMap { $0 }, compressionLevel: level)
    }
    func impossible(_ field: String, _ value: UInt64) -> ShardHeaderError { .impossible(field: field, value: value) }
    #expect(throws: impossible("record_count", 0)) { try header(recordCount: 0) }
    #expect(throws: impossible("block_record_count", 0)) { try header(blockRecordCount: -1) }
    #expect(throws: impossible("width", 65_536)) { try header(width: 65_536) }
    #expect(throws: impossible("label_capacity", 0)) { try header(labelCapacity: 0) }
    #expect(throws: impossible("compression_level", 23)) { try header(level: 23) }
    #expect(throws: impossible("charset_count", 0)) { try header(charsets: []) }
    #expect(throws: impossible("first_index", .max)) { try header(firstIndex: .max) }
    #expect(throws: impossible("first_index", 1 << 48)) { try header(firstIndex: 1 << 48) }
    let withZero = try Alphabet(["\0"])
    #expect(throws: ShardHeaderError.impossibleCharset(number: 0)) { try header(charsets: [withZero]) }
    #expect(throws: ShardHeaderError.tooLargeBlocks(recordByteCount: 3_932_128, recordCount: 300)) {
      try header(recordCount: 300, blockRecordCount: 300, width: 65_535)
    }
  }
}
