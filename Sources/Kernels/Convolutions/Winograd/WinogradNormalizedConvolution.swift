/// A convolution for inference, with what follows it, by one of Winograd's algorithms, with its matrix products by a library.
///
/// Memory: one block of tile rows at a time, so that a thread's part of the matrices stays in its second-level cache.
// SAFETY: the weights of the products change only in `load`, while no thread infers.
final class WinogradNormalizedConvolution<Transforms: WinogradTransforms>: NormalizedConvolution, @unchecked Sendable {
  private let transforms: Transforms
  private let norm: BatchNorm
  private let pools: Bool
  private let products: any LoadedProducts
  private let blocks: WinogradBlocks
  /// shift of `norm` with the convolution's bias in it: [output channels]
  private let shift: AlignedBuffer
  private let zeros: AlignedBuffer
  private let scratch: ScratchMemory

  /// The limit of a thread's part of the matrices: three quarters of a second-level cache of 1 MiB, which was fastest.
  private static var blockByteCountMax: Int { 768 << 10 }

  /// - Throws: `KernelError` where the library lacks the matrix products.
  init(
    _ transforms: Transforms, norm: BatchNorm, pools: Bool, laneImages: Int, threadCount: Int,
    library: any LibraryBackend
  ) throws(KernelError) {
    self.transforms = transforms
    self.norm = norm
    self.pools = pools
    scratch = library.scratch
    let (input, outputs) = (transforms.input.shape, transforms.outputChannels)
    blocks = WinogradBlocks(
      transforms.output, images: laneImages,
      tileByteCount: Transforms.productCount
        * (input.channels * norm.precision.byteCount + outputs * MemoryLayout<Float>.size),
      byteCountMax: Self.blockByteCountMax)
    products = try library.makeLoadedProducts(
      MatrixProductShape(count: Transforms.productCount, m: blocks.stride, n: outputs, k: input.channels),
      precision: norm.precision, threadCount: threadCount)
    shift = AlignedBuffer(Float.self, count: outputs)
    zeros = AlignedBuffer(byteCount: input.width * input.block * norm.precision.byteCount)
  }

  var description: String {
    "Winograd F(\(Transforms.tileSize)x\(Transforms.tileSize),3x3): \(products)"
  }

  func load(weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    let count = Transforms.productCount * transforms.inputChannels * transforms.outputChannels
    scratch.lend(count: count + transforms.filterScratchCount) { transformed in
      transforms.transformFilters(weights, turns: false, scratch: transformed + count, into: transformed)
      products.load(transformed)
    }
    let shift = shift.floats
    for channel in 0..<transforms.outputChannels {
      shift[channel] = norm.shift[channel] + norm.scale[channel] * (bias?[channel] ?? 0)
    }
  }

  func forward(input: UnsafeRawPointer, residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer) {
    precondition((residual != nil) == norm.hasResidual)
    let epilogue = WinogradEpilogue(
      scale: UnsafePointer(norm.scale), shift: UnsafePointer(shift.floats), hasReLU: norm.hasReLU, pools: pools,
      residual: residual)
    let matrixRows = Transforms.productCount * blocks.stride
    // In floats, rounded up to a cache line, so that the sums behind it begin on one.
    let inputCount = (matrixRows * transforms.inputChannels * norm.precision.byteCount + 63) / 64 * 16
    scratch.lend(count: inputCount + matrixRows * transforms.outputChannels) { inputs in
      let sums = inputs + inputCount
      for rows in blocks.rows {
        transforms.transformInput(input, rows: rows, zeros: zeros.address, into: inputs, stride: blocks.stride)
        products.run(a: inputs, c: sums)
        transforms.transformOutput(sums, stride: blocks.stride, rows: rows, epilogue: epilogue, into: output)
      }
    }
  }
}
