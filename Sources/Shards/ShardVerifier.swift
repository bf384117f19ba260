/// Finds every fault of a shard, where a reader stops at the first.
package enum ShardVerifier {
  /// All faults; empty for an undamaged shard. Nothing can be checked after a damaged header. With a damaged seek
  /// table, blocks are found frame by frame, up to the first frame without an end.
  /// - Parameter visit: Called with every undamaged block, in order.
  package static func verify(
    _ path: String, visiting visit: (_ block: borrowing ShardBlock, _ header: ShardHeader) -> Void = { _, _ in }
  ) -> [ShardError] {
    var faults: [ShardError] = []
    do throws(ShardError) {
      let shard = try ShardFile(path)
      let (header, headerBytes) = try shard.header()
      let seekTable: SeekTable
      do throws(ShardError) {
        seekTable = try shard.seekTable(header: header, headerByteCount: headerBytes.count).0
      } catch {
        faults.append(error)
        seekTable = walk(shard, header: header, headerByteCount: headerBytes.count, faults: &faults)
      }
      var block = ShardBlock()
      for number in 0..<seekTable.entries.count - 1 {
        do throws(ShardError) {
          try shard.read(
            block: number, of: header, entry: seekTable.entries[number + 1], at: seekTable.offsets[number + 1],
            into: &block)
          visit(block, header)
        } catch {
          faults.append(error)
        }
      }
    } catch {
      faults.append(error)
    }
    return faults
  }

  /// A seek table computed from the frames, up to the first frame without an end.
  private static func walk(
    _ shard: ShardFile, header: ShardHeader, headerByteCount: Int, faults: inout [ShardError]
  ) -> SeekTable {
    var seekTable = SeekTable(headerByteCount: headerByteCount)
    for number in 0..<header.blockCount {
      do throws(ShardError) {
        seekTable.append(try shard.entry(ofBlock: number, of: header, at: seekTable.end))
      } catch {
        faults.append(error)
        break
      }
    }
    return seekTable
  }
}
