#if OneDNN
  import Synchronization

  /// A convolution of 3 x 3 kernels by `WinogradTiles`, with its products by oneDNN.
  ///
  /// Memory: some rows of tiles at a time, so that a thread's part of the 16 matrices stays in its second cache.
  // SAFETY: a workspace is used by the thread that took it; the products' weights change only in `load`, while nobody reads.
  final class WinogradConvolution: NormalizedConvolution, @unchecked Sendable {
    private let tiles: WinogradTiles
    private let norm: BatchNorm
    private let pools: Bool
    private let products: OneDNNProductBatch
    private let blocks: WinogradBlocks
    /// shift of `norm` with the convolution's bias in it: [output channels]
    private let shift: AlignedBuffer
    private let zeros: AlignedBuffer
    private let scratch: ScratchMemory
    private let idle: Mutex<[Workspace]>

    /// What one thread at a time works with.
    // SAFETY: used by the thread that took it from `idle`.
    private final class Workspace: @unchecked Sendable {
      let inputs: AlignedBuffer
      let products: AlignedBuffer
      /// z of the outputs of one tile: [4, output channels]
      let outputs: AlignedBuffer
      let lane: OneDNNProductBatch.Lane

      init(_ batch: OneDNNProductBatch, channels: Int) throws(OneDNNFailure) {
        inputs = AlignedBuffer(byteCount: batch.inputByteCount)
        products = AlignedBuffer(byteCount: batch.outputByteCount)
        outputs = AlignedBuffer(Float.self, count: 4 * channels)
        lane = try batch.makeLane()
      }
    }

    /// Of a thread's part of the 16 matrices: three quarters of a second cache of 1 MiB, where it was fastest.
    private static let blockByteCountMax = 768 << 10

    /// - Throws: `KernelError` where oneDNN lacks the matrix product.
    init(
      _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, images: Int,
      threadCount: Int, scratch: ScratchMemory, engine: OneDNNEngine
    ) throws(KernelError) {
      let tiles = WinogradTiles(input: input, output: norm.shape, pools: pools)
      self.tiles = tiles
      self.norm = norm
      self.pools = pools
      self.scratch = scratch
      let tileByteCount =
        WinogradTiles.productCount
        * (input.channels * norm.precision.byteCount + norm.shape.channels * MemoryLayout<Float>.size)
      let blocks = WinogradBlocks(
        rowCount: images * tiles.tileRows, tilesAcross: tiles.tilesAcross, tileByteCount: tileByteCount,
        byteCountMax: Self.blockByteCountMax)
      self.blocks = blocks
      do throws(OneDNNFailure) {
        products = try OneDNNProductBatch(
          count: WinogradTiles.productCount, m: blocks.stride, n: norm.shape.channels, k: input.channels,
          precision: norm.precision, engine)
        var workspaces: [Workspace] = []
        for _ in 0..<threadCount { workspaces.append(try Workspace(products, channels: norm.shape.channels)) }
        idle = Mutex(workspaces)
      } catch {
        throw .oneDNN(operation: "Winograd's products", geometry: geometry, status: error.status.rawValue)
      }
      shift = AlignedBuffer(Float.self, count: norm.shape.channels)
      zeros = AlignedBuffer(byteCount: input.width * input.block * norm.precision.byteCount)
    }

    func load(weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
      scratch.lend(count: WinogradTiles.productCount * tiles.input.channels * tiles.output.channels) { transformed in
        tiles.transform(weights: weights, into: transformed)
        products.load(transformed)
      }
      let shift = shift.pointer(to: Float.self)
      for channel in 0..<norm.shape.channels {
        shift[channel] = norm.shift[channel] + norm.scale[channel] * (bias?[channel] ?? 0)
      }
    }

    func forward(
      input: UnsafeRawPointer, residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer
    ) {
      precondition((residual != nil) == norm.hasResidual)
      guard let workspace = idle.withLock({ $0.popLast() }) else {
        preconditionFailure("there are no more threads than the convolution was made for")
      }
      switch norm.precision {
      case .float32: forward(Float.self, workspace, input, residual, output)
      case .bfloat16: forward(BFloat16.self, workspace, input, residual, output)
      }
      idle.withLock { $0.append(workspace) }
    }

    private func forward<Value: WinogradValue>(
      _: Value.Type, _ workspace: Workspace, _ input: UnsafeRawPointer, _ residual: UnsafeRawPointer?,
      _ output: UnsafeMutableRawPointer
    ) {
      let ending = WinogradTiles.Ending(
        scale: UnsafePointer(norm.scale), shift: UnsafePointer(shift.pointer(to: Float.self)), hasReLU: norm.hasReLU,
        pools: pools, residual: residual)
      for rows in blocks.rows {
        tiles.transform(
          Value.self, source: input, rows: rows, zeros: zeros.address, into: workspace.inputs.address,
          stride: blocks.stride)
        workspace.lane.run(a: workspace.inputs.address, c: workspace.products.address)
        tiles.finish(
          Value.self, products: workspace.products.pointer(to: Float.self), stride: blocks.stride, rows: rows,
          ending: ending, scratch: workspace.outputs.pointer(to: Float.self), into: output)
      }
    }
  }
#endif
