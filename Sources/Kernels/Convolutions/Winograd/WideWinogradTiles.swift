/// Convolutions of 3 x 3 kernels and their gradients by Winograd's F(4 x 4, 3 x 3) (Lavin and Gray, "Fast algorithms for convolutional
/// neural networks", 2015, section 4.3): outputs are computed in tiles of 4 x 4, each from the 6 x 6 inputs around it,
///
///     Y = A' [ sum over input channels of (G g G') * (B' d B) ] A
///
/// with 36 multiplications where the formula of a convolution has 144. Of each of the 36 numbers of a tile, all tiles,
/// input channels and output channels together are one matrix product. The same three steps the other way round are the
/// gradient of the weights, G' [ sum over tiles of (B' d B) * (A dY A') ] G. And the gradient of the input is the
/// convolution of dY with the kernels turned by half a circle, input and output channels exchanged.
///
/// Rounding errors are larger than those of the formula, some 1e-5 of the largest result in float32: too large for numbers
/// of fewer bits.
///
/// These are the tiles of one activation, of a convolution's input or of its output: both have the same. A row of tiles is
/// a row of one image's tiles; rows are counted on through the images of a lane.
struct WideWinogradTiles: Sendable {
  /// Rows and columns of a tile's outputs.
  static let size = 4
  /// Multiplications, and so matrix products, of a tile.
  static let productCount = 36

  let shape: ActivationShape
  let tileRows: Int
  let tilesAcross: Int

  /// - Parameter pools: A max pool of 2 x 2 windows follows, which drops rows and columns that fill no window.
  init(_ shape: ActivationShape, pools: Bool = false) {
    precondition(shape.block % 8 == 0)
    self.shape = shape
    func tileCount(_ lines: Int) -> Int { ((pools ? lines / 2 * 2 : lines) + Self.size - 1) / Self.size }
    tileRows = tileCount(shape.height)
    tilesAcross = tileCount(shape.width)
  }

  /// Whether this way is known to be faster than the direct one, in float32. With few tiles, the 36 matrices of kernels
  /// are more to read and to write than what is saved: with 24 tiles a lane, training was as fast as by the direct way;
  /// with 80, the products took less than half of the direct way's time.
  static func areFaster(
    for geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, images: Int
  ) -> Bool {
    guard
      geometry.kernel == 3 && geometry.stride == 1 && geometry.padding == 1 && input.block % 8 == 0
        && output.block % 8 == 0 && input.channels >= 16 && output.channels >= 16
    else { return false }
    let tiles = WideWinogradTiles(output)
    let tileCount = tiles.tileRows * tiles.tilesAcross
    return images * tileCount >= 40 && 2 * tileCount * productCount <= 9 * output.pixelCount
  }

  /// From one pixel of an activation to the next.
  var pixelByteCount: Int { shape.block &* MemoryLayout<Float>.size }
  /// From one tile to the next, in each of the 36 matrices.
  var tileByteCount: Int { shape.channels &* MemoryLayout<Float>.size }

  /// Where line `y` of a plane begins in an activation, or zeros, where the plane has no such line.
  @inline(__always)
  func line(
    _ y: Int, of row: WideTileRow, in activation: UnsafePointer<Float>, or zeros: UnsafePointer<Float>
  ) -> UnsafeRawPointer {
    UnsafeRawPointer(
      0..<shape.height ~= y ? activation + (row.plane(in: shape) + y * shape.width * shape.block) : zeros)
  }

  /// Does `work` for every vector of channels of every row of `rows`.
  func forEachRow(of rows: Range<Int>, _ work: some WideTileRowWork) {
    if shape.block % 16 == 0 {
      forEachRow(of: rows, SIMD16<Float>.self, work)
    } else {
      forEachRow(of: rows, SIMD8<Float>.self, work)
    }
  }

  private func forEachRow<Numbers: WideNumbers>(
    of rows: Range<Int>, _ type: Numbers.Type, _ work: some WideTileRowWork
  ) {
    for (number, row) in rows.enumerated() {
      let (image, y) = (row / tileRows, row % tileRows * Self.size)
      for plane in 0..<shape.planeCount {
        for channel in Swift.stride(from: 0, to: shape.block, by: Numbers.scalarCount) {
          let first = plane * shape.block + channel
          let row = WideTileRow(
            image: image, channel: first, y: y, matrix: number * tilesAcross * shape.channels + first)
          work.run(type, at: row)
        }
      }
    }
  }

  /// Makes the numbers of all tiles behind those of `rows` zero.
  /// - Parameter matrices: [36, `stride`, channels]
  func clear(_ matrices: UnsafeMutablePointer<Float>, behind rows: Range<Int>, stride: Int) {
    let tiles = rows.count * tilesAcross
    for number in 0..<Self.productCount {
      (matrices + (number * stride + tiles) * shape.channels).update(
        repeating: 0, count: (stride - tiles) * shape.channels)
    }
  }

  /// Adds the sums of all outputs' gradients, which the row of A with nothing but ones gives.
  /// - Parameters:
  ///   - matrices: What `spread` made, with zeros behind: [36, `stride`, channels]
  ///   - totals: [channels]
  func addTotals(of matrices: UnsafePointer<Float>, stride: Int, to totals: UnsafeMutablePointer<Float>) {
    let sums = matrices + 7 * stride * shape.channels
    for channel in Swift.stride(from: 0, to: shape.channels, by: 8) {
      var total = Float.load(totals + channel)
      for tile in 0..<stride { total += Float.load(sums + (tile &* shape.channels &+ channel)) }
      Float.store(total, totals + channel)
    }
  }
}

/// A vector of channels of a row of tiles.
struct WideTileRow {
  let image: Int
  /// The first of the channels.
  let channel: Int
  /// The first line that the tiles lie on.
  let y: Int
  /// Where the first tile's numbers are in each of the 36 matrices.
  let matrix: Int

  /// Where the first line of the channels' plane is in an activation of `shape`.
  @inline(__always)
  func plane(in shape: ActivationShape) -> Int {
    image &* shape.elementCount &+ channel / shape.block &* shape.planeElementCount &+ channel % shape.block
  }
}

/// What is done with the rows of tiles.
protocol WideTileRowWork {
  func run<Numbers: WideNumbers>(_: Numbers.Type, at row: WideTileRow)
}
