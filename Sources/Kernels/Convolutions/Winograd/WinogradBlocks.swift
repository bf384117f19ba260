/// The rows of tiles of some images, cut into blocks that are computed together.
struct WinogradBlocks: Sendable {
  private let rowCount: Int
  private let blockRows: Int
  /// Tiles that a block has room for. An odd number keeps a tile's matrices from falling on the same lines of the first
  /// cache.
  let stride: Int

  /// - Parameters:
  ///   - rowCount: Rows of tiles of all images.
  ///   - tilesAcross: Tiles of a row.
  ///   - tileByteCount: What is worked with at once of each tile.
  ///   - byteCountMax: Of a block.
  init(rowCount: Int, tilesAcross: Int, tileByteCount: Int, byteCountMax: Int) {
    let rowsMax = max(1, byteCountMax / (tileByteCount * tilesAcross))
    let blockCount = (rowCount + rowsMax - 1) / rowsMax
    self.rowCount = rowCount
    // As many in each block as in the others, as far as that goes.
    blockRows = (rowCount + blockCount - 1) / blockCount
    stride = blockRows * tilesAcross | 1
  }

  var rows: some Sequence<Range<Int>> {
    Swift.stride(from: 0, to: rowCount, by: blockRows).lazy.map { [rowCount, blockRows] first in
      first..<min(first + blockRows, rowCount)
    }
  }

  var isOne: Bool { blockRows == rowCount }
}
