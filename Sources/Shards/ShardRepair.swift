import Files

/// Makes a damaged or lost shard whole: to the very bytes that it had, or not at all.
package enum ShardRepair {
  package enum Outcome: Sendable, Equatable {
    /// The shard is as it was; these blocks were made again, all others were sound.
    case repaired(blocks: [Int])
    /// The faults of blocks that cannot be made again. The file is left as it is.
    case lost([ShardError])
    /// What came out is not the shard that was asked for. The file is left as it is.
    case different
  }

  /// Writes the shard anew: blocks that are sound as they stand in the file, others as `remake` makes them.
  /// - Parameters:
  ///   - header: The shard's own.
  ///   - fingerprint: As in `ShardSummary`, of the shard before it was damaged; in hexadecimal.
  ///   - remake: The block of a number; nil where it cannot be made again.
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
      switch damaged.block(number, at: writer.end) {
      case .success(let block) where faults.isEmpty: try writer.append(block)
      case .success: break
      case .failure(let fault):
        guard let block = remake(number) else {
          faults.append(fault)
          guard damaged.hasSeekTable else { return .lost(faults) }
          continue
        }
        remade.append(number)
        if faults.isEmpty { try writer.append(block) }
      }
    }
    guard faults.isEmpty else { return .lost(faults) }
    guard writer.fingerprint.description == fingerprint else { return .different }
    _ = try writer.finish()
    return .repaired(blocks: remade)
  }
}

/// What is left of a shard.
private struct DamagedShard: ~Copyable {
  private let header: ShardHeader
  private let file: Result<ShardFile, ShardError>
  /// nil where it is damaged.
  private let seekTable: SeekTable?
  private var content = ShardBlock()

  var hasSeekTable: Bool { seekTable != nil }

  init(_ path: String, header: ShardHeader) {
    self.header = header
    file = Result { () throws(ShardError) in try ShardFile(path) }
    seekTable = (try? file.get()).flatMap {
      try? $0.seekTable(header: header, headerByteCount: header.encoded().count).0
    }
  }

  /// Block `number`, if it is sound.
  /// - Parameter offset: Where its frame starts if all blocks before it are as they were. Without a seek table, nothing
  ///   else tells.
  mutating func block(_ number: Int, at offset: Int) -> Result<EncodedBlock, ShardError> {
    do throws(ShardError) {
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
      return .success(EncodedBlock(number: number, frame: frame, entry: entry))
    } catch {
      return .failure(error)
    }
  }
}
