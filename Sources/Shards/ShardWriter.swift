import Files

/// A complete shard on stable storage.
package struct ShardSummary: Sendable, Hashable {
  package let byteCount: Int
  /// The SHA-256 of header and seek table. They hold the header's hash and all blocks' checksums, so a shard with the
  /// same fingerprint has the same content, and no block must be read to compute it.
  package let fingerprint: ContentHash
}

/// Writes one shard, block after block, with the memory of one block. The file appears under its name when `finish()`
/// returns; an unfinished writer leaves nothing.
package struct ShardWriter: ~Copyable {
  package let header: ShardHeader
  private var file: DurableFile
  private var seekTable: SeekTable
  private let headerBytes: [UInt8]

  /// - Parameter sharesFolder: As in `DurableFile.init`.
  package init(
    _ path: String, header: ShardHeader, sharesFolder: Bool = false, in fileSystem: any FileSystem = SystemFileSystem()
  ) throws(ShardError) {
    self.header = header
    headerBytes = header.encoded()
    seekTable = SeekTable(headerByteCount: headerBytes.count)
    do throws(FileError) {
      var file = try DurableFile(path, sharesFolder: sharesFolder, in: fileSystem)
      try file.write(headerBytes)
      self.file = file
    } catch {
      throw .file(error)
    }
  }

  /// Blocks written so far.
  package var blockCount: Int { seekTable.entries.count - 1 }

  /// Writes the next block.
  /// - Precondition: `block.number` is `blockCount`.
  package mutating func append(_ block: EncodedBlock) throws(ShardError) {
    precondition(block.number == blockCount)
    seekTable.append(block.entry)
    do throws(FileError) {
      try file.write(block.frame)
    } catch {
      throw .file(error)
    }
  }

  /// Where the next frame starts.
  var end: Int { seekTable.end }

  /// As in `ShardSummary`, of what was appended so far.
  var fingerprint: ContentHash { ContentHash(of: headerBytes + seekTable.encoded()) }

  /// Makes the shard durable under its name.
  /// - Precondition: every record that the header counts was appended.
  package consuming func finish() throws(ShardError) -> ShardSummary {
    precondition(blockCount == header.blockCount, "a shard lacks blocks")
    let seekTableBytes = seekTable.encoded()
    let summary = ShardSummary(byteCount: seekTable.end + seekTableBytes.count, fingerprint: fingerprint)
    do throws(FileError) {
      try file.write(seekTableBytes)
      try file.finish()
    } catch {
      throw .file(error)
    }
    return summary
  }
}
