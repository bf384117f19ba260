/// Any convolution as matrix products (Chellapilla, Puri and Simard, "High performance convolutional neural networks for
/// document processing", 2006). With P the patches of the input, a row for each output pixel, W the weights, [patch, out],
/// and dY the output's gradient, [output pixel, out]:
///
///     Y = P W        dW = P' dY        dP = dY W'
///
/// and the gradient of an input value is the sum of dP over all patches that hold it. Products are float32; with bfloat16
/// activations the weights are rounded to bfloat16 as well, as CPUs multiply them.
///
/// Memory: one block of rows of output pixels at a time, so that its patches stay in a thread's second-level cache (32 to
/// 512 KiB of them were as fast).
// SAFETY: a lane's members are used by one thread at a time; the weights change only in `loadWeights`, while no lane runs.
final class LoweredConvolution: Convolution, @unchecked Sendable {
  private let geometry: ConvolutionGeometry
  private let output: ActivationShape
  private let laneImages: Int
  private let precision: Precision
  private let directions: Set<ConvolutionDirection>
  private let patches: ImagePatches
  private let outputMatrix: OutputMatrix
  /// Compute Y, or Y and dW, in place of the products where they can, which is faster.
  private let winogradRows: WinogradRows?
  private let oneChannel: OneChannelConvolution?
  /// Rows of output pixels in a block.
  private let blockRows: Int
  /// W: [patch, out]
  private let weights: AlignedBuffer
  /// Of `winogradRows`; empty without.
  private let filters: AlignedBuffer
  /// [out]; nil where the convolution has none.
  private let bias: AlignedBuffer?
  private let lanes: [Lane]
  private let scratch: ScratchMemory

  private struct Lane {
    /// The products of a whole block of rows.
    let block: Products
    /// The products of the last block, where it has fewer rows.
    let rest: Products?
    /// dW: [patch, out]
    let weightGradient: AlignedBuffer
    /// [out]
    let biasGradient: AlignedBuffer
  }

  private struct Products {
    var forward: (any MatrixProduct)?
    var backwardInput: (any MatrixProduct)?
    /// Accumulates.
    var backwardWeights: (any MatrixProduct)?
  }

  /// The patches of a block of rows fit into it.
  private static let blockByteCountMax = 128 << 10

  /// - Throws: `KernelError` where the library lacks the matrix products.
  init(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: Set<ConvolutionDirection>, library: any LibraryBackend
  ) throws(KernelError) {
    self.geometry = geometry
    self.output = output
    self.laneImages = laneImages
    self.precision = precision
    self.directions = directions
    scratch = library.scratch
    let patches = ImagePatches(geometry: geometry, input: input)
    self.patches = patches
    outputMatrix = OutputMatrix(
      output: output, isActivation: precision == .float32 && output.block == output.channels)
    let winogradRows =
      precision == .float32 && directions.contains(.forward)
      ? WinogradRows(geometry, input: input, output: output) : nil
    self.winogradRows = winogradRows
    filters = AlignedBuffer(Float.self, count: winogradRows?.filterCount ?? 0)
    let oneChannel = OneChannelConvolution(geometry, output: output)
    self.oneChannel = oneChannel
    let (patch, outputs) = (patches.patchCount, geometry.outputChannels)
    let rowCount = laneImages * output.height
    let blockRows = min(
      rowCount, max(1, Self.blockByteCountMax / (output.width * patch * MemoryLayout<Float>.size)))
    self.blockRows = blockRows
    let isMultiplied = !directions.isSubset(of: [.backwardWeights])
    weights = AlignedBuffer(Float.self, count: isMultiplied ? geometry.weightCount : 0)
    bias = geometry.hasBias ? AlignedBuffer(Float.self, count: outputs) : nil
    func products(rows: Int) throws(KernelError) -> Products {
      func make(_ direction: ConvolutionDirection, _ shape: MatrixProductShape) throws(KernelError)
        -> (any MatrixProduct)?
      {
        directions.contains(direction) && (oneChannel == nil || direction == .backwardInput)
          && (winogradRows == nil || direction != .forward)
          ? try library.makeLibraryProduct(shape, precision: .float32) : nil
      }
      let pixels = rows * output.width
      return Products(
        forward: try make(.forward, .init(m: pixels, n: outputs, k: patch)),
        backwardInput: try make(.backwardInput, .init(transposesB: true, m: pixels, n: patch, k: outputs)),
        backwardWeights: try make(
          .backwardWeights, .init(transposesA: true, m: patch, n: outputs, k: pixels, accumulates: true)))
    }
    let gradientCount = directions.contains(.backwardWeights) ? geometry.weightCount : 0
    var lanes: [Lane] = []
    for _ in 0..<laneCount {
      lanes.append(
        Lane(
          block: try products(rows: blockRows),
          rest: rowCount % blockRows > 0 ? try products(rows: rowCount % blockRows) : nil,
          weightGradient: AlignedBuffer(Float.self, count: gradientCount),
          biasGradient: AlignedBuffer(Float.self, count: outputs)))
    }
    self.lanes = lanes
  }

  var description: String {
    ConvolutionDirection.allCases.filter(directions.contains).map {
      "\($0.rawValue): \(winogradRows != nil && $0 == .forward ? "Winograd F(4,3)" : "lowering")"
    }.joined(separator: ", ")
  }

  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    winogradRows?.transformFilters(weights, into: filters.floats)
    if self.weights.byteCount > 0 {
      let matrix = self.weights.floats
      patches.reorder(weights, into: matrix)
      if precision == .bfloat16 {
        for index in 0..<geometry.weightCount { matrix[index] = BFloat16(matrix[index]).float }
      }
    }
    if let bias { self.bias?.floats.update(from: bias, count: geometry.outputChannels) }
  }

  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
    let bias = bias.map { UnsafePointer($0.floats) }
    func compute<Value: Element>(_ type: Value.Type, _ scratch: Scratch) {
      let frames = frames(type, of: input, scratch)
      if let winogradRows {
        return winogradRows.forward(
          images: laneImages, frames: frames, filters: filters.floats, bias: bias, scratch: scratch.patches,
          into: output.assumingMemoryBound(to: Float.self))
      }
      if let oneChannel {
        return oneChannel.forward(
          type, images: laneImages, frames: frames, weights: weights.floats, bias: bias, into: output)
      }
      forEachBlock(of: lanes[lane]) { rows, products in
        let sums =
          outputMatrix.isActivation
          ? output.assumingMemoryBound(to: Float.self) + outputMatrix.count(ofRows: rows.lowerBound) : scratch.outputs
        products.forward?.run(a: patches(rows, of: frames, scratch), b: weights.floats, c: sums)
        if !outputMatrix.isActivation {
          outputMatrix.store(type, sums, bias: bias, rows: rows, into: output)
        } else if let bias {
          let outputs = geometry.outputChannels
          for pixel in 0..<rows.count * self.output.width {
            addFloats(bias, to: sums + pixel * outputs, count: outputs)
          }
        }
      }
    }
    lendScratch { scratch in
      switch precision {
      case .float32: compute(Float.self, scratch)
      case .bfloat16: compute(BFloat16.self, scratch)
      }
    }
  }

  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    func compute<Value: Element>(_ type: Value.Type, _ scratch: Scratch) {
      let frames = inputIsFrames ? inputGradient.assumingMemoryBound(to: Float.self) : scratch.frames
      if !patches.areFrames { frames.update(repeating: 0, count: patches.frameCount(ofImages: laneImages)) }
      forEachBlock(of: lanes[lane]) { rows, products in
        let gradient = gradientRows(type, rows, of: outputGradient, scratch)
        let first = rows.lowerBound * output.width * patches.patchCount
        let result = patches.areFrames ? frames + first : scratch.patches
        products.backwardInput?.run(a: gradient, b: weights.floats, c: result)
        if !patches.areFrames { patches.scatter(scratch.patches, rows: rows, addingTo: frames) }
      }
      if !inputIsFrames { patches.store(type, frames, into: inputGradient, images: laneImages) }
    }
    lendScratch { scratch in
      switch precision {
      case .float32: compute(Float.self, scratch)
      case .bfloat16: compute(BFloat16.self, scratch)
      }
    }
  }

  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    let (sums, biasSums) = (lanes[lane].weightGradient.floats, lanes[lane].biasGradient.floats)
    sums.update(repeating: 0, count: geometry.weightCount)
    biasSums.update(repeating: 0, count: geometry.outputChannels)
    func compute<Value: Element>(_ type: Value.Type, _ scratch: Scratch) {
      if bias != nil { outputMatrix.addPixels(type, of: outputGradient, images: laneImages, to: biasSums) }
      let frames = frames(type, of: input, scratch)
      if let oneChannel {
        return oneChannel.addWeightGradient(
          type, images: laneImages, frames: frames, outputGradient: outputGradient, to: sums)
      }
      forEachBlock(of: lanes[lane]) { rows, products in
        let gradient = gradientRows(type, rows, of: outputGradient, scratch)
        products.backwardWeights?.run(a: patches(rows, of: frames, scratch), b: gradient, c: sums)
      }
    }
    lendScratch { scratch in
      switch precision {
      case .float32: compute(Float.self, scratch)
      case .bfloat16: compute(BFloat16.self, scratch)
      }
    }
  }

  var weightGradientCount: Int { geometry.weightCount }

  func weightGradient(lane: Int) -> WeightGradient {
    WeightGradient(lanes[lane].weightGradient, bias: bias == nil ? nil : lanes[lane].biasGradient)
  }

  func restore(_ gradient: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    patches.restore(gradient, into: weights)
  }

  // MARK: Blocks of rows

  private func forEachBlock(of lane: Lane, _ body: (_ rows: Range<Int>, _ products: Products) -> Void) {
    let rowCount = laneImages * output.height
    for first in stride(from: 0, to: rowCount, by: blockRows) {
      let rows = first..<min(first + blockRows, rowCount)
      body(rows, rows.count == blockRows ? lane.block : lane.rest ?? lane.block)
    }
  }

  /// The input is its own frames.
  private var inputIsFrames: Bool { precision == .float32 && patches.areFrames }

  /// Memory for one direction of one lane.
  private struct Scratch {
    let frames: UnsafeMutablePointer<Float>
    /// The patches of a block, or their gradient.
    let patches: UnsafeMutablePointer<Float>
    /// The outputs of a block, or their gradient: [output pixel, out]
    let outputs: UnsafeMutablePointer<Float>
  }

  private func lendScratch(_ body: (Scratch) -> Void) {
    func wholeLines(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    let frameCount = inputIsFrames ? 0 : wholeLines(patches.frameCount(ofImages: laneImages))
    let patchCount =
      patches.areFrames
      ? 0 : wholeLines(max(patches.patchCount(ofRows: blockRows), winogradRows?.scratchCount ?? 0))
    let outputCount = outputMatrix.isActivation ? 0 : outputMatrix.count(ofRows: blockRows)
    scratch.lend(count: frameCount + patchCount + outputCount) { numbers in
      body(Scratch(frames: numbers, patches: numbers + frameCount, outputs: numbers + frameCount + patchCount))
    }
  }

  /// The images in their frames: the input itself, or a copy in `scratch`.
  private func frames<Value: Element>(
    _ type: Value.Type, of input: UnsafeRawPointer, _ scratch: Scratch
  ) -> UnsafePointer<Float> {
    if inputIsFrames { return input.assumingMemoryBound(to: Float.self) }
    patches.fill(type, scratch.frames, from: input, images: laneImages)
    return UnsafePointer(scratch.frames)
  }

  /// The patches of some rows: part of the frames, or a copy in `scratch`.
  private func patches(_ rows: Range<Int>, of frames: UnsafePointer<Float>, _ scratch: Scratch) -> UnsafePointer<Float>
  {
    if patches.areFrames { return frames + rows.lowerBound * output.width * patches.patchCount }
    patches.gather(rows: rows, from: frames, into: scratch.patches)
    return UnsafePointer(scratch.patches)
  }

  /// The output's gradient of some rows as a matrix: part of the activation, or a copy in `scratch`.
  private func gradientRows<Value: Element>(
    _ type: Value.Type, _ rows: Range<Int>, of outputGradient: UnsafeRawPointer, _ scratch: Scratch
  ) -> UnsafePointer<Float> {
    if outputMatrix.isActivation {
      return outputGradient.assumingMemoryBound(to: Float.self) + outputMatrix.count(ofRows: rows.lowerBound)
    }
    outputMatrix.gather(type, rows: rows, from: outputGradient, into: scratch.outputs)
    return UnsafePointer(scratch.outputs)
  }
}
