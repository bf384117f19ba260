/// A convolution of 3 x 3 kernels to learn with, by `WideWinogradTiles`, with its products by a
/// library. Float32 alone.
///
/// Memory: some rows of tiles at a time, so that a thread's part of the 36 matrices stays in its caches.
// SAFETY: a lane's members are used by one thread at a time; the transformed weights change only in `loadWeights`, while
// no lane runs.
final class WideWinogradConvolution: Convolution, @unchecked Sendable {
  private let input: WideWinogradTiles
  private let output: WideWinogradTiles
  private let blocks: WinogradBlocks
  private let weights: WideWinogradWeights
  /// G g G' of the kernels: [36, in, out]
  private let transformedWeights: AlignedBuffer
  /// And of the turned ones: [36, out, in]; nil where nobody asks for the input's gradient.
  private let turnedWeights: AlignedBuffer?
  /// [out]; nil where the convolution has none.
  private let bias: AlignedBuffer?
  private let zeros: AlignedBuffer
  private let lanes: [Lane]
  private let scratch: ScratchMemory

  private struct Lane {
    let forward: any MatrixProduct
    let backwardInput: (any MatrixProduct)?
    /// Of the lane's first block.
    let backwardWeights: any MatrixProduct
    /// Add to those of the blocks before; nil where there is only one block.
    let laterBackwardWeights: (any MatrixProduct)?
    /// [9, in, out]
    let weightGradient: AlignedBuffer
    /// [out]
    let biasGradient: AlignedBuffer
  }

  /// Of a thread's part of the 36 matrices: a second cache of 1 MiB, where it was fastest.
  private static let blockByteCountMax = 1 << 20

  /// - Throws: `KernelError` where the library lacks the matrix products.
  init(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int,
    lanes laneCount: Int, needsInputGradient: Bool, scratch: ScratchMemory, library: any ComputeLibrary
  ) throws(KernelError) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    self.input = WideWinogradTiles(input)
    self.output = WideWinogradTiles(output)
    self.scratch = scratch
    weights = WideWinogradWeights(inputs: inputs, outputs: outputs)
    let count = WideWinogradTiles.productCount
    let blocks = WinogradBlocks(
      rowCount: laneImages * self.output.tileRows, tilesAcross: self.output.tilesAcross,
      tileByteCount: count * (inputs + outputs) * MemoryLayout<Float>.size, byteCountMax: Self.blockByteCountMax)
    self.blocks = blocks
    transformedWeights = AlignedBuffer(Float.self, count: count * inputs * outputs)
    turnedWeights = needsInputGradient ? AlignedBuffer(Float.self, count: count * inputs * outputs) : nil
    bias = geometry.hasBias ? AlignedBuffer(Float.self, count: outputs) : nil
    zeros = AlignedBuffer(Float.self, count: input.width * max(input.block, output.block))
    func makeProducts(
      m: Int, n: Int, k: Int, transposesA: Bool = false, accumulates: Bool = false
    ) throws(KernelError) -> any MatrixProduct {
      try library.makeMatrixProduct(
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

  var description: String { lanes.first.map { "Winograd: \($0.forward)" } ?? "Winograd" }

  /// Numbers of a block's tiles of one activation.
  private func matrixCount(_ tiles: WideWinogradTiles) -> Int {
    WideWinogradTiles.productCount * blocks.stride * tiles.shape.channels
  }

  func loadWeights(_ kernels: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    scratch.lend(count: weights.scratchCount) { scratch in
      weights.transform(kernels, scratch: scratch, into: transformedWeights.floats)
      if let turnedWeights { weights.transformTurned(kernels, scratch: scratch, into: turnedWeights.floats) }
    }
    if let bias, let copy = self.bias { copy.floats.update(from: bias, count: weights.outputs) }
  }

  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
    convolve(
      lanes[lane].forward, transformedWeights, bias, from: self.input, input.assumingMemoryBound(to: Float.self),
      to: self.output, output.assumingMemoryBound(to: Float.self))
  }

  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    guard let products = lanes[lane].backwardInput, let turnedWeights else {
      preconditionFailure("the convolution was made without this direction")
    }
    convolve(
      products, turnedWeights, nil, from: output, outputGradient.assumingMemoryBound(to: Float.self), to: input,
      inputGradient.assumingMemoryBound(to: Float.self))
  }

  private func convolve(
    _ products: any MatrixProduct, _ kernels: AlignedBuffer, _ bias: AlignedBuffer?,
    from sourceTiles: WideWinogradTiles,
    _ source: UnsafePointer<Float>, to resultTiles: WideWinogradTiles, _ result: UnsafeMutablePointer<Float>
  ) {
    let sourceCount = matrixCount(sourceTiles)
    scratch.lend(count: sourceCount + matrixCount(resultTiles)) { numbers in
      let sums = numbers + sourceCount
      for rows in blocks.rows {
        sourceTiles.surround(source, rows: rows, zeros: zeros.floats, into: numbers, stride: blocks.stride)
        products.run(a: numbers, b: kernels.floats, c: sums)
        resultTiles.finish(
          sums, stride: blocks.stride, rows: rows, bias: bias.map { UnsafePointer($0.floats) }, into: result)
      }
    }
  }

  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    let lane = lanes[lane]
    let (inputCount, outputCount) = (matrixCount(self.input), matrixCount(output))
    let productCount = WideWinogradTiles.productCount * weights.inputs * weights.outputs
    let source = input.assumingMemoryBound(to: Float.self)
    let gradient = outputGradient.assumingMemoryBound(to: Float.self)
    lane.biasGradient.floats.update(repeating: 0, count: weights.outputs)
    scratch.lend(count: inputCount + outputCount + productCount + weights.scratchCount) { inputs in
      let gradients = inputs + inputCount
      let products = gradients + outputCount
      for rows in blocks.rows {
        self.input.surround(source, rows: rows, zeros: zeros.floats, into: inputs, stride: blocks.stride)
        output.spread(gradient, rows: rows, zeros: zeros.floats, into: gradients, stride: blocks.stride)
        // The sums go over all tiles that there is room for.
        self.input.clear(inputs, behind: rows, stride: blocks.stride)
        output.clear(gradients, behind: rows, stride: blocks.stride)
        if bias != nil { output.addTotals(of: gradients, stride: blocks.stride, to: lane.biasGradient.floats) }
        let step = rows.lowerBound == 0 ? lane.backwardWeights : lane.laterBackwardWeights
        step?.run(a: inputs, b: gradients, c: products)
      }
      weights.gradient(products, scratch: products + productCount, into: lane.weightGradient.floats)
    }
  }

  func reduceWeightGradients(into kernels: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
    let count = 9 * weights.inputs * weights.outputs
    scratch.lend(count: count) { sum in
      addFloats(lanes.map(\.weightGradient), into: sum, count: count)
      weights.reorder(sum, into: kernels)
    }
    if let bias { addFloats(lanes.map(\.biasGradient), into: bias, count: weights.outputs) }
  }
}
