/// Convolutions of 3 x 3 kernels by Winograd's F(2 x 2, 3 x 3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015,
/// section 4.1): outputs are computed in tiles of 2 x 2, each from the 4 x 4 inputs around it,
///
///     Y = A' [ sum over input channels of (G g G') * (B' d B) ] A
///
/// with 16 multiplications where the formula of a convolution has 36. Of each of the 16 numbers of a tile, all tiles,
/// input channels and output channels together are one matrix product.
///
/// A row of tiles is a row of one image's tiles; rows are counted on through the images of a lane.
struct WinogradTiles: Sendable {
  /// Multiplications, and so matrix products, of a tile.
  static let productCount = 16

  let input: ActivationShape
  /// Before any pooling.
  let output: ActivationShape
  /// Pooling drops rows and columns that fill no window, and a tile is a window.
  let tileRows: Int
  let tilesAcross: Int

  init(input: ActivationShape, output: ActivationShape, pools: Bool) {
    precondition(input.block % 8 == 0 && output.block % 8 == 0)
    self.input = input
    self.output = output
    tileRows = pools ? output.height / 2 : (output.height + 1) / 2
    tilesAcross = pools ? output.width / 2 : (output.width + 1) / 2
  }

  /// Whether this way is known to be faster than the direct one.
  static func areFaster(for geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape) -> Bool {
    geometry.kernel == 3 && geometry.stride == 1 && geometry.padding == 1 && input.block % 8 == 0
      && output.block % 8 == 0 && input.channels >= 32 && output.channels >= 32
  }

  /// G g G' of every kernel.
  /// - Parameters:
  ///   - weights: [out, in, 3, 3]
  ///   - result: [16, in, out]; overwritten.
  func transform(weights: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    func combined(_ a: Float, _ b: Float, _ c: Float) -> SIMD4<Float> { SIMD4(a, (a + b + c) / 2, (a - b + c) / 2, c) }
    let (inputs, outputs) = (input.channels, output.channels)
    for i in 0..<inputs {
      for o in 0..<outputs {
        let kernel = weights + (o * inputs + i) * 9
        let left = combined(kernel[0], kernel[3], kernel[6])
        let middle = combined(kernel[1], kernel[4], kernel[7])
        let right = combined(kernel[2], kernel[5], kernel[8])
        for row in 0..<4 {
          let values = combined(left[row], middle[row], right[row])
          for column in 0..<4 { result[((row * 4 + column) * inputs + i) * outputs + o] = values[column] }
        }
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
}
