/// A convolution of 3 x 3 kernels with what follows it, by one of Winograd's ways, with its products by a
/// library.
///
/// Memory: some rows of tiles at a time, so that a thread's part of the matrices stays in its second cache.
// SAFETY: the weights of the products change only in `load`, while nobody reads.
final class WinogradConvolution<Tiles: WinogradReading>: NormalizedConvolution, @unchecked Sendable {
  private let tiles: Tiles
  private let geometry: ConvolutionGeometry
  private let norm: BatchNorm
  private let pools: Bool
  private let products: any LoadedProducts
  private let blocks: WinogradBlocks
  /// shift of `norm` with the convolution's bias in it: [output channels]
  private let shift: AlignedBuffer
  private let zeros: AlignedBuffer
  private let scratch: ScratchMemory

  /// Of a thread's part of the matrices: three quarters of a second cache of 1 MiB, where it was fastest.
  private static var blockByteCountMax: Int { 768 << 10 }

  /// - Throws: `KernelError` where the library lacks the matrix products.
  init(
    _ geometry: ConvolutionGeometry, _ tiles: Tiles, input: ActivationShape, norm: BatchNorm, pools: Bool,
    laneImages: Int, threadCount: Int, scratch: ScratchMemory, library: any ComputeLibrary
  ) throws(KernelError) {
    self.tiles = tiles
    self.geometry = geometry
    self.norm = norm
    self.pools = pools
    self.scratch = scratch
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    blocks = WinogradBlocks(
      rowCount: laneImages * tiles.tileRows, tilesAcross: tiles.tilesAcross,
      tileByteCount: Tiles.productCount * (inputs * norm.precision.byteCount + outputs * MemoryLayout<Float>.size),
      byteCountMax: Self.blockByteCountMax)
    products = try library.makeLoadedProducts(
      MatrixProductShape(count: Tiles.productCount, m: blocks.stride, n: outputs, k: inputs), precision: norm.precision,
      threadCount: threadCount)
    shift = AlignedBuffer(Float.self, count: outputs)
    zeros = AlignedBuffer(byteCount: input.width * input.block * norm.precision.byteCount)
  }

  var description: String { "Winograd: \(products)" }

  func load(weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    scratch.lend(count: Tiles.productCount * geometry.inputChannels * geometry.outputChannels) { transformed in
      tiles.transform(weights: weights, scratch: scratch, into: transformed)
      products.load(transformed)
    }
    let shift = shift.floats
    for channel in 0..<norm.shape.channels {
      shift[channel] = norm.shift[channel] + norm.scale[channel] * (bias?[channel] ?? 0)
    }
  }

  func forward(input: UnsafeRawPointer, residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer) {
    precondition((residual != nil) == norm.hasResidual)
    let ending = WinogradEnding(
      scale: UnsafePointer(norm.scale), shift: UnsafePointer(shift.floats), hasReLU: norm.hasReLU, pools: pools,
      residual: residual)
    // Both in whole floats, so that what lies behind the one begins on a cache line.
    let matrixRows = Tiles.productCount * blocks.stride
    let inputCount = (matrixRows * geometry.inputChannels * norm.precision.byteCount + 63) / 64 * 16
    scratch.lend(count: inputCount + matrixRows * geometry.outputChannels) { numbers in
      let sums = numbers + inputCount
      for rows in blocks.rows {
        tiles.surround(input, rows: rows, zeros: zeros.address, into: numbers, stride: blocks.stride)
        products.run(a: numbers, c: sums)
        tiles.finish(sums, stride: blocks.stride, rows: rows, ending: ending, into: output)
      }
    }
  }
}
