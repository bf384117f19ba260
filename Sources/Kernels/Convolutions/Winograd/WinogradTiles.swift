/// The tiles of one activation, a convolution's input or its output. The last ones of a row or column may reach beyond the
/// plane. A tile row is one row of one image's tiles; tile rows are counted through the images of a lane.
struct WinogradTiles: Sendable {
  let shape: ActivationShape
  /// Rows and columns of a tile's outputs.
  let size: Int
  /// Rows of tiles of an image.
  let rowCount: Int
  /// Tiles in a row.
  let columnCount: Int

  /// - Parameter pools: A max pool of 2 x 2 windows follows, which drops rows and columns that fill no window.
  /// - Precondition: 8 divides the block, and `size` is even, so that every window lies in one tile.
  init(_ shape: ActivationShape, size: Int, pools: Bool = false) {
    precondition(shape.block % 8 == 0 && size % 2 == 0)
    self.shape = shape
    self.size = size
    func tileCount(_ lines: Int) -> Int { ((pools ? lines / 2 * 2 : lines) + size - 1) / size }
    rowCount = tileCount(shape.height)
    columnCount = tileCount(shape.width)
  }

  /// Tiles of an image.
  var count: Int { rowCount * columnCount }

  /// Calls `body` for every run of tiles of some tile rows.
  /// - Parameters:
  ///   - length: Tiles of a run, at most.
  ///   - channelCount: Channels that are worked on at once; divides the block.
  @inline(__always)
  func forEachRun(of rows: Range<Int>, length: Int, channelCount: Int, _ body: (WinogradTileRun) -> Void) {
    for (number, row) in rows.enumerated() {
      let (image, tileRow) = row.quotientAndRemainder(dividingBy: rowCount)
      for plane in 0..<shape.planeCount {
        for first in stride(from: 0, to: columnCount, by: length) {
          for channel in stride(from: plane * shape.block, to: (plane + 1) * shape.block, by: channelCount) {
            body(
              WinogradTileRun(
                image: image, channel: channel, y: tileRow * size, columns: first..<min(first + length, columnCount),
                matrixOffset: (number * columnCount + first) * shape.channels + channel))
          }
        }
      }
    }
  }

  /// Row `y` of a run's channels in an activation, or zeros where the plane has no such row.
  @inline(__always)
  func line(
    _ y: Int, of run: WinogradTileRun, in activation: UnsafeRawPointer, or zeros: UnsafeRawPointer, valueByteCount: Int
  ) -> UnsafeRawPointer {
    guard 0..<shape.height ~= y else { return zeros }
    return activation + (run.planeOffset(in: shape) + y * shape.width * shape.block) * valueByteCount
  }
}

/// Neighbouring tiles of one tile row, and a few neighbouring channels.
struct WinogradTileRun {
  let image: Int
  /// The first channel.
  let channel: Int
  /// The first row of the tiles' outputs.
  let y: Int
  /// The tiles, counted in their row.
  let columns: Range<Int>
  /// Offset of the first tile's first channel in each of the matrices [tile, channels].
  let matrixOffset: Int

  /// Offset of the first channel's first pixel in an activation of `shape`.
  @inline(__always)
  func planeOffset(in shape: ActivationShape) -> Int {
    image &* shape.elementCount &+ channel / shape.block &* shape.planeElementCount &+ channel % shape.block
  }
}

/// The tile rows of some images, cut into blocks that are computed one after the other.
struct WinogradBlocks: Sendable {
  private let rowCount: Int
  private let blockRows: Int
  /// Tiles that a block has room for. An odd number keeps the numbers of one tile from falling on the same lines of the
  /// first-level cache.
  let stride: Int

  /// - Parameters:
  ///   - tileByteCount: What one tile takes up in the matrices.
  ///   - byteCountMax: What a block may take up.
  init(_ tiles: WinogradTiles, images: Int, tileByteCount: Int, byteCountMax: Int) {
    let rowCount = images * tiles.rowCount
    let rowsMax = max(1, byteCountMax / (tileByteCount * tiles.columnCount))
    let blockCount = (rowCount + rowsMax - 1) / rowsMax
    self.rowCount = rowCount
    // Blocks of equal size, but for the last one.
    blockRows = (rowCount + blockCount - 1) / blockCount
    stride = blockRows * tiles.columnCount | 1
  }

  var rows: some Sequence<Range<Int>> {
    Swift.stride(from: 0, to: rowCount, by: blockRows).lazy.map { [rowCount, blockRows] first in
      first..<min(first + blockRows, rowCount)
    }
  }

  var isOne: Bool { blockRows == rowCount }
}
