/// A convolution for training by Winograd's F(4 x 4, 3 x 3), with its matrix products by a library. Float32 alone.
///
/// Memory: one block of tile rows at a time, so that a thread's part of the 36 matrices stays in its caches.
// SAFETY: a lane's members are used by one thread at a time; the transformed weights change only in `loadWeights`, while
// no lane runs.
final class WinogradConvolution: Convolution, @unchecked Sendable {
  private let transforms: WinogradF4x4
  private let blocks: WinogradBlocks
  /// G g G' of the kernels: [36, in, out]
  private let transformedWeights: AlignedBuffer
  /// The same of the turned kernels: [36, out, in]; nil where the input has no gradient.
  private let turnedWeights: AlignedBuffer?
  /// [out]; nil where the convolution has none.
  private let bias: AlignedBuffer?
  private let zeros: AlignedBuffer
  private let lanes: [Lane]
  private let scratch: ScratchMemory

  private struct Lane {
    let forward: any MatrixProduct
    let backwardInput: (any MatrixProduct)?
    /// The product of the lane's first block.
    let backwardWeights: any MatrixProduct
    /// Adds to the product of the blocks before; nil where there is only one block.
    let laterBackwardWeights: (any MatrixProduct)?
    /// [9, in, out]
    let weightGradient: AlignedBuffer
    /// [out]
    let biasGradient: AlignedBuffer
  }

  /// The limit of a thread's part of the 36 matrices: a second-level cache of 1 MiB, which was fastest.
  private static let blockByteCountMax = 1 << 20

  /// - Throws: `KernelError` where the library lacks the matrix products.
  init(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    needsInputGradient: Bool, library: any LibraryBackend
  ) throws(KernelError) {
    let (inputs, outputs, count) = (geometry.inputChannels, geometry.outputChannels, WinogradF4x4.productCount)
    let transforms = WinogradF4x4(input: input, output: output, pools: false)
    let blocks = WinogradBlocks(
      transforms.output, images: laneImages, tileByteCount: count * (inputs + outputs) * MemoryLayout<Float>.size,
      byteCountMax: Self.blockByteCountMax)
    self.transforms = transforms
    self.blocks = blocks
    scratch = library.scratch
    transformedWeights = AlignedBuffer(Float.self, count: count * inputs * outputs)
    turnedWeights = needsInputGradient ? AlignedBuffer(Float.self, count: count * inputs * outputs) : nil
    bias = geometry.hasBias ? AlignedBuffer(Float.self, count: outputs) : nil
    zeros = AlignedBuffer(Float.self, count: input.width * max(input.block, output.block))
    func makeProducts(
      m: Int, n: Int, k: Int, transposesA: Bool = false, accumulates: Bool = false
    ) throws(KernelError) -> any MatrixProduct {
      try library.makeLibraryProduct(
        MatrixProductShape(count: count, transposesA: transposesA, m: m, n: n, k: k, accumulates: accumulates),
        precision: .float32)
    }
    var lanes: [Lane] = []
    for _ in 0..<laneCount {
      lanes.append(
        Lane(
          forward: try makeProducts(m: blocks.stride, n: outputs, k: inputs),
          backwardInput: needsInputGradient ? try makeProducts(m: blocks.stride, n: inputs, k: outputs) : nil,
          backwardWeights: try makeProducts(m: inputs, n: outputs, k: blocks.stride, transposesA: true),
          laterBackwardWeights: blocks.isOne
            ? nil : try makeProducts(m: inputs, n: outputs, k: blocks.stride, transposesA: true, accumulates: true),
          weightGradient: AlignedBuffer(Float.self, count: geometry.weightCount),
          biasGradient: AlignedBuffer(Float.self, count: outputs)))
    }
    self.lanes = lanes
  }

  var description: String { "Winograd F(4x4,3x3)" + (lanes.first.map { ": \($0.forward)" } ?? "") }

  /// Numbers of a block's tiles of one activation.
  private func matrixCount(_ tiles: WinogradTiles) -> Int {
    WinogradF4x4.productCount * blocks.stride * tiles.shape.channels
  }

  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    scratch.lend(count: transforms.filterScratchCount) { scratch in
      transforms.transformFilters(weights, turns: false, scratch: scratch, into: transformedWeights.floats)
      if let turnedWeights {
        transforms.transformFilters(weights, turns: true, scratch: scratch, into: turnedWeights.floats)
      }
    }
    if let bias { self.bias?.floats.update(from: bias, count: transforms.outputChannels) }
  }

  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
    convolve(lanes[lane].forward, transforms, transformedWeights, bias, from: input, to: output)
  }

  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    guard let products = lanes[lane].backwardInput, let turnedWeights else {
      preconditionFailure("the convolution was made without this direction")
    }
    convolve(products, transforms.turned, turnedWeights, nil, from: outputGradient, to: inputGradient)
  }

  private func convolve(
    _ products: any MatrixProduct, _ transforms: WinogradF4x4, _ weights: AlignedBuffer, _ bias: AlignedBuffer?,
    from source: UnsafeRawPointer, to result: UnsafeMutableRawPointer
  ) {
    let inputCount = matrixCount(transforms.input)
    scratch.lend(count: inputCount + matrixCount(transforms.output)) { inputs in
      let sums = inputs + inputCount
      for rows in blocks.rows {
        transforms.transformInput(source, rows: rows, zeros: zeros.address, into: inputs, stride: blocks.stride)
        products.run(a: inputs, b: weights.floats, c: sums)
        transforms.transformOutput(
          sums, stride: blocks.stride, rows: rows, bias: bias.map { UnsafePointer($0.floats) }, into: result)
      }
    }
  }

  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    let (lane, stride) = (lanes[lane], blocks.stride)
    let (inputCount, outputCount) = (matrixCount(transforms.input), matrixCount(transforms.output))
    let productCount = WinogradF4x4.productCount * transforms.inputChannels * transforms.outputChannels
    lane.biasGradient.floats.update(repeating: 0, count: transforms.outputChannels)
    scratch.lend(count: inputCount + outputCount + productCount + transforms.filterScratchCount) { inputs in
      let gradients = inputs + inputCount
      let products = gradients + outputCount
      for rows in blocks.rows {
        transforms.transformInput(input, rows: rows, zeros: zeros.address, into: inputs, stride: stride)
        transforms.transformOutputGradient(
          outputGradient, rows: rows, zeros: zeros.address, into: gradients, stride: stride)
        // The products sum over all tiles that a block has room for.
        transforms.input.clear(inputs, behind: rows, stride: stride)
        transforms.output.clear(gradients, behind: rows, stride: stride)
        if bias != nil { transforms.output.addTotals(of: gradients, stride: stride, to: lane.biasGradient.floats) }
        let product = rows.lowerBound == 0 ? lane.backwardWeights : lane.laterBackwardWeights
        product?.run(a: inputs, b: gradients, c: products)
      }
      transforms.transformFilterGradient(
        products, scratch: products + productCount, into: lane.weightGradient.floats)
    }
  }

  var weightGradientCount: Int { 9 * transforms.inputChannels * transforms.outputChannels }

  func weightGradient(lane: Int) -> WeightGradient {
    WeightGradient(lanes[lane].weightGradient, bias: bias == nil ? nil : lanes[lane].biasGradient)
  }

  func restore(_ gradient: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    transforms.reorderTaps(gradient, into: weights)
  }
}
