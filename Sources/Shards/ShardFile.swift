import Files

/// A shard file open for reading, frame by frame. Every error says which frame.
struct ShardFile {
  let file: ReadableFile

  init(_ path: String) throws(ShardError) {
    do throws(FileError) {
      file = try ReadableFile(path)
    } catch {
      throw .file(error)
    }
  }

  /// The header, and its frame's bytes.
  func header() throws(ShardError) -> (ShardHeader, bytes: [UInt8]) {
    let start = try bytes(at: 0, count: min(HeaderLayout.contentOffset, file.byteCount), frame: 0)
    let byteCount = try locating(frame: 0, at: 0) { () throws(ShardFault) in
      try ShardHeader.frameByteCount(start.span.bytes)
    }
    let bytes = try bytes(at: 0, count: byteCount, frame: 0)
    let header = try locating(frame: 0, at: 0) { () throws(ShardFault) in try ShardHeader(decoding: bytes) }
    return (header, bytes)
  }

  /// The seek table, and its frame's bytes.
  func seekTable(header: ShardHeader, headerByteCount: Int) throws(ShardError) -> (SeekTable, bytes: [UInt8]) {
    let frame = header.blockCount + 1
    let byteCount = SeekTableLayout.byteCount(frameCount: frame)
    // The file's length bounds what is allocated here, whatever the header claims.
    guard file.byteCount - headerByteCount >= byteCount else {
      let missing = byteCount - (file.byteCount - headerByteCount)
      throw .damaged(
        path: file.path, frame: frame, byteOffset: headerByteCount, .truncated(missingByteCount: missing))
    }
    let offset = file.byteCount - byteCount
    let bytes = try bytes(at: offset, count: byteCount, frame: frame)
    let seekTable = try locating(frame: frame, at: offset) { () throws(ShardFault) in
      try SeekTable(decoding: bytes, header: header, headerByteCount: headerByteCount, frameOffset: offset)
    }
    return (seekTable, bytes)
  }

  /// Reads block `number`, whose frame starts at `offset`, into `block` and checks all of it.
  func read(
    block number: Int, of header: ShardHeader, entry: SeekTable.Entry, at offset: Int, into block: inout ShardBlock
  ) throws(ShardError) {
    let frame = number + 1
    try block.readFrame(byteCount: Int(entry.compressedByteCount)) { bytes throws(ShardError) in
      try fill(&bytes, at: offset, frame: frame)
    }
    try locating(frame: frame, at: offset) { () throws(ShardFault) in
      try block.decode(number: number, of: header, entry: entry)
    }
  }

  /// The seek table's entry for block `number`, computed from the frame at `offset`.
  func entry(ofBlock number: Int, of header: ShardHeader, at offset: Int) throws(ShardError) -> SeekTable.Entry {
    let contentByteCount = header.recordCount(ofBlock: number) * header.recordLayout.byteCount
    let byteCountMax = min(zstdFrameByteCountMax(contentByteCount: contentByteCount), max(0, file.byteCount - offset))
    let bytes = try bytes(at: offset, count: byteCountMax, frame: number + 1)
    return try locating(frame: number + 1, at: offset) { () throws(ShardFault) in
      do throws(ZstdError) {
        let head = try ZstdFrameHead(bytes.span.bytes)
        return SeekTable.Entry(
          compressedByteCount: UInt32(head.byteCount), contentByteCount: UInt32(contentByteCount),
          checksum: ZstdFrameHead.checksum(of: bytes.span.bytes.extracting(first: head.byteCount)))
      } catch {
        throw .wrongFrame(error.message)
      }
    }
  }

  /// `count` bytes from `offset`.
  /// - Parameter frame: The number of their frame, for errors.
  /// - Precondition: `count` is no more than the file has, or than a header may have.
  func bytes(at offset: Int, count: Int, frame: Int) throws(ShardError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try fill(&bytes, at: offset, frame: frame)
    return bytes
  }

  private func fill(_ bytes: inout [UInt8], at offset: Int, frame: Int) throws(ShardError) {
    let count: Int
    do throws(FileError) {
      var span = bytes.mutableSpan
      count = try span.withUnsafeMutableBytes { buffer throws(FileError) in try file.read(at: offset, into: buffer) }
    } catch {
      throw .file(error)
    }
    try locating(frame: frame, at: offset) { () throws(ShardFault) in
      guard count == bytes.count else { throw .truncated(missingByteCount: bytes.count - count) }
    }
  }

  private func locating<Result: ~Copyable>(
    frame: Int, at offset: Int, _ body: () throws(ShardFault) -> Result
  ) throws(ShardError) -> Result {
    do throws(ShardFault) {
      return try body()
    } catch {
      throw .damaged(path: file.path, frame: frame, byteOffset: offset, error)
    }
  }
}
