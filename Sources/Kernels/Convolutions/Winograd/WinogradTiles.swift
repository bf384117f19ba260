/// Convolutions of 3 x 3 kernels by Winograd's F(2 x 2, 3 x 3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015,
/// section 4.1): outputs are computed in tiles of 2 x 2, each from the 4 x 4 inputs around it,
///
///     Y = A' [ sum over input channels of (G g G') * (B' d B) ] A
///
/// with 16 multiplications where the formula of a convolution has 36. Of each of the 16 numbers of a tile, all tiles,
/// input channels and output channels together are one matrix product.
struct WinogradTiles: WinogradReading {
  static let productCount = 16

  let input: ActivationShape
  /// Before any pooling.
  let output: ActivationShape
  let precision: Precision
  /// Pooling drops rows and columns that fill no window, and a tile is a window.
  let tileRows: Int
  let tilesAcross: Int

  init(input: ActivationShape, output: ActivationShape, precision: Precision, pools: Bool) {
    precondition(input.block % 8 == 0 && output.block % 8 == 0)
    self.precision = precision
    self.input = input
    self.output = output
    tileRows = pools ? output.height / 2 : (output.height + 1) / 2
    tilesAcross = pools ? output.width / 2 : (output.width + 1) / 2
  }

  /// Whether this way is known to be faster than the direct one. To transform the kernels takes as long as it saves on
  /// about 20 images.
  /// - Parameter images: How many are read, at least, with the same kernels.
  static func areFaster(
    for geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, images: Int
  ) -> Bool {
    images >= 24 && geometry.kernel == 3 && geometry.stride == 1 && geometry.padding == 1 && input.block % 8 == 0
      && output.block % 8 == 0 && input.channels >= 32 && output.channels >= 32
  }

  func transform(
    weights: UnsafePointer<Float>, scratch: ScratchMemory, into result: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs) = (input.channels, output.channels)
    let (step, matrixCount) = (inputs &* 9, inputs &* outputs)
    for input in 0..<inputs {
      for first in stride(from: 0, to: outputs, by: 8) {
        let kernels = weights + (first &* inputs &+ input) &* 9
        let matrices = result + (input &* outputs &+ first)
        @inline(__always)
        func samples(ofColumn column: Int) -> TileColumn {
          .samples(
            gathered(kernels + column, step: step), gathered(kernels + column + 3, step: step),
            gathered(kernels + column + 6, step: step))
        }
        let (left, middle, right) = (samples(ofColumn: 0), samples(ofColumn: 1), samples(ofColumn: 2))
        @inline(__always)
        func store(row: Int, _ left: Vector, _ middle: Vector, _ right: Vector) {
          let (line, place) = (TileColumn.samples(left, middle, right), matrices + row &* 4 &* matrixCount)
          Float.store(line.a, place)
          Float.store(line.b, place + matrixCount)
          Float.store(line.c, place + 2 &* matrixCount)
          Float.store(line.d, place + 3 &* matrixCount)
        }
        store(row: 0, left.a, middle.a, right.a)
        store(row: 1, left.b, middle.b, right.b)
        store(row: 2, left.c, middle.c, right.c)
        store(row: 3, left.d, middle.d, right.d)
      }
    }
  }
}

/// Four rows of a column of a tile, of eight channels.
struct TileColumn {
  var a = Vector()
  var b = Vector()
  var c = Vector()
  var d = Vector()

  /// A vector times B.
  @inline(__always)
  static func differences(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> TileColumn {
    TileColumn(a: a - c, b: b + c, c: c - b, d: b - d)
  }

  /// G times a vector.
  @inline(__always)
  static func samples(_ a: Vector, _ b: Vector, _ c: Vector) -> TileColumn {
    TileColumn(a: a, b: (a + b + c) * 0.5, c: (a - b + c) * 0.5, d: c)
  }
}
