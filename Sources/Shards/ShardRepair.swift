import Files

/// Restores a damaged or lost shard to exactly its former bytes, or leaves it as it is.
package enum ShardRepair {
  package enum Outcome: Sendable, Equatable {
    /// The shard is as it was; these blocks were made again, all others were undamaged.
    case repaired(blocks: [Int])
    /// The faults of blocks that cannot be made again. The file is left as it is.
    case lost([ShardError])
    /// The result would differ from the former shard. The file is left as it is.
    case different
  }

  /// Writes the shard anew: undamaged blocks from the file, the others from `remake`.
  /// - Parameters:
  ///   - header: The shard's own.
  ///   - fingerprint: As in `ShardSummary`, of the shard before it was damaged; in hexadecimal.
  ///   - remake: Makes the block of a number; nil where it cannot be made again.
  /// - Throws: `ShardError.file` where the shard cannot be written.
  package static func repair(
    _ path: String, header: ShardHeader, fingerprint: String, in fileSystem: any FileSystem = SystemFileSystem(),
    remake: (Int) -> EncodedBlock?
  ) throws(ShardError) -> Outcome {
    var damaged = DamagedShard(path, header: header)
    var writer = try ShardWriter(path, header: header, in: fileSystem)
    var remade: [Int] = []
    var faults: [ShardError] = []
    for number in 0..<header.blockCount {
      let block: EncodedBlock
      do throws(ShardError) {
        block = try damaged.block(number, at: writer.end)
      } catch {
        guard let remadeBlock = remake(number) else {
          faults.append(error)
          guard damaged.seekTable != nil else { return .lost(faults) }
          continue
        }
        block = remadeBlock
        remade.append(number)
      }
      if faults.isEmpty { try writer.append(block) }
    }
    guard faults.isEmpty else { return .lost(faults) }
    guard writer.fingerprint.description == fingerprint else { return .different }
    _ = try writer.finish()
    return .repaired(blocks: remade)
  }
}

/// The readable parts of a shard.
private struct DamagedShard: ~Copyable {
  private let header: ShardHeader
  private let file: Result<ShardFile, ShardError>
  /// nil where it is damaged.
  let seekTable: SeekTable?
  private var content = ShardBlock()

  init(_ path: String, header: ShardHeader) {
    self.header = header
    file = Result { () throws(ShardError) in try ShardFile(path) }
    seekTable = (try? file.get()).flatMap {
      try? $0.seekTable(header: header, headerByteCount: header.encoded().count).0
    }
  }

  /// Block `number`, if it is undamaged.
  /// - Parameter offset: Where its frame starts if all blocks before it are as they were; used without a seek table.
  mutating func block(_ number: Int, at offset: Int) throws(ShardError) -> EncodedBlock {
    let file = try file.get()
    let offset = seekTable?.offsets[number + 1] ?? offset
    let entry: SeekTable.Entry
    if let seekTable {
      entry = seekTable.entries[number + 1]
    } else {
      entry = try file.entry(ofBlock: number, of: header, at: offset)
    }
    try file.read(block: number, of: header, entry: entry, at: offset, into: &content)
    let frame = try file.bytes(at: offset, count: Int(entry.compressedByteCount), frame: number + 1)
    return EncodedBlock(number: number, frame: frame, entry: entry)
  }
}
