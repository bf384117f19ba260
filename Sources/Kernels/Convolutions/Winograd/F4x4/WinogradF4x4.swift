/// Winograd's F(4 x 4, 3 x 3) (Lavin and Gray 2016, section 4.3): 36 multiplications where the formula of a convolution has 144.
///
/// The gradient of the weights comes from the same transforms the other way round, G' [ sum over tiles of
/// (B' d B) * (A dY A') ] G. The gradient of the input is the convolution of dY with the kernels turned by half a circle,
/// input and output channels exchanged.
///
/// Rounding errors are larger than those of the formula, some 1e-5 of the largest result in float32. That is too much for
/// numbers with fewer bits, so this is for float32 alone.
struct WinogradF4x4: WinogradTransforms {
  typealias Line = WinogradF4x4Line<Vector>

  static let tileSize = 4

  let input: WinogradTiles
  let output: WinogradTiles

  init(input: ActivationShape, output: ActivationShape, pools: Bool) {
    self.input = WinogradTiles(input, size: Self.tileSize, pools: pools)
    self.output = WinogradTiles(output, size: Self.tileSize, pools: pools)
  }

  /// The transforms of the convolution that computes the input's gradient.
  var turned: WinogradF4x4 { WinogradF4x4(input: output.shape, output: input.shape, pools: false) }

  /// Whether this is known to be faster in training than the direct convolution. With few tiles, reading and writing the 36
  /// matrices of kernels costs more than the multiplications saved: with 24 tiles a lane, training was as fast as by direct
  /// convolutions; with 80, the products took less than half of the direct convolution's time.
  /// - Parameter images: Of a lane.
  static func isFasterForTraining(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, images: Int
  ) -> Bool {
    guard
      geometry.kernel == 3 && geometry.stride == 1 && geometry.padding == 1 && input.block % 8 == 0
        && output.block % 8 == 0 && input.channels >= 16 && output.channels >= 16
    else { return false }
    let tileCount = WinogradTiles(output, size: tileSize).count
    return images * tileCount >= 40 && 2 * tileCount * productCount <= 9 * output.pixelCount
  }

  /// Whether this is known to be faster in inference than F(2 x 2, 3 x 3) and the direct convolution. On small planes, where
  /// much of the tiles lies beyond the plane, it is not: with 0.68 and 0.75 of the multiplications of F(2 x 2, 3 x 3) it
  /// took as long, with 0.56 and 0.64 it was faster.
  /// - Parameter images: How many are inferred, at least, with the same kernels.
  static func isFasterForInference(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, pools: Bool, images: Int
  ) -> Bool {
    guard WinogradF2x2.isFaster(for: geometry, input: input, output: output, images: images) else { return false }
    func multiplications(_ algorithm: (some WinogradTransforms).Type) -> Int {
      WinogradTiles(output, size: algorithm.tileSize, pools: pools).count * algorithm.productCount
    }
    return 3 * multiplications(WinogradF4x4.self) <= 2 * multiplications(WinogradF2x2.self)
  }
}

/// Work on a run of tiles, eight or sixteen channels at a time. Sixteen fill a cache line.
protocol WinogradF4x4Pass {
  func run<Numbers: ChannelVector>(_: Numbers.Type, on run: WinogradTileRun)
}

extension WinogradTiles {
  /// Bytes from one pixel of a float32 activation to the next.
  var pixelByteCount: Int { shape.block &* MemoryLayout<Float>.size }
  /// Bytes from one tile to the next, in each matrix of float32 numbers.
  var tileByteCount: Int { shape.channels &* MemoryLayout<Float>.size }

  /// Runs `pass` on whole tile rows.
  func forEachRun(of rows: Range<Int>, _ pass: some WinogradF4x4Pass) {
    if shape.block % 16 == 0 {
      forEachRun(of: rows, length: columnCount, channelCount: 16) { pass.run(SIMD16<Float>.self, on: $0) }
    } else {
      forEachRun(of: rows, length: columnCount, channelCount: 8) { pass.run(SIMD8<Float>.self, on: $0) }
    }
  }
}
