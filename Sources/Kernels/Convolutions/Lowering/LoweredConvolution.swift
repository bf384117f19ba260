/// Any convolution as matrix products (Chellapilla, Puri and Simard, "High performance convolutional neural networks for
/// document processing", 2006). With P the patches of the input, a row for each output pixel, W the weights, [patch, out],
/// and dY the output's gradient, [output pixel, out]:
///
///     Y = P W        dW = P' dY        dP = dY W'
///
/// and the gradient of an input value is the sum of dP over all places where it is. Products are float32; with bfloat16
/// activations the weights are rounded to bfloat16 as well, as CPUs multiply them.
///
/// Memory: some rows of output pixels at a time, so that their patches stay in a thread's second cache (32 to 512 KiB
/// of them were as fast).
// SAFETY: a lane's members are used by one thread at a time; the weights change only in `loadWeights`, while no lane runs.
final class LoweredConvolution: Convolution, @unchecked Sendable {
  private let geometry: ConvolutionGeometry
  private let input: ActivationShape
  private let output: ActivationShape
  private let laneImages: Int
  private let precision: Precision
  private let directions: ConvolutionDirections
  private let patches: ImagePatches
  /// Where that is the faster way to Y and dW.
  private let oneChannel: OneChannelConvolution?
  /// Rows of output pixels that are worked with at once.
  private let blockRows: Int
  /// W: [patch, out]
  private let weights: AlignedBuffer
  /// [out]; nil where the convolution has none.
  private let bias: AlignedBuffer?
  private let lanes: [Lane]
  private let scratch: ScratchMemory

  private struct Lane {
    /// Of whole blocks of rows.
    let block: Products
    /// Of the rows that are left.
    let rest: Products?
    /// dW: [patch, out]
    let weightGradient: AlignedBuffer
    /// [out]
    let biasGradient: AlignedBuffer
  }

  private struct Products {
    var forward: (any MatrixProduct)?
    var backwardInput: (any MatrixProduct)?
    /// Adds to what is there.
    var backwardWeights: (any MatrixProduct)?
  }

  /// Of the patches of a block of rows.
  private static let blockByteCountMax = 128 << 10

  /// - Throws: `KernelError` where the library lacks the matrix products.
  init(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int,
    lanes laneCount: Int, precision: Precision, directions: ConvolutionDirections, scratch: ScratchMemory,
    library: any ComputeLibrary
  ) throws(KernelError) {
    self.geometry = geometry
    self.input = input
    self.output = output
    self.laneImages = laneImages
    self.precision = precision
    self.directions = directions
    self.scratch = scratch
    let patches = ImagePatches(geometry, input: input)
    self.patches = patches
    let oneChannel = OneChannelConvolution(geometry, output: output)
    self.oneChannel = oneChannel
    let (patch, outputs) = (patches.patchCount, geometry.outputChannels)
    let rowCount = laneImages * output.height
    let blockRows = min(
      rowCount, max(1, Self.blockByteCountMax / (output.width * patch * MemoryLayout<Float>.size)))
    self.blockRows = blockRows
    let isMultiplied = !directions.isSubset(of: .backwardWeights)
    weights = AlignedBuffer(Float.self, count: isMultiplied ? geometry.weightCount : 0)
    bias = geometry.hasBias ? AlignedBuffer(Float.self, count: outputs) : nil
    func products(rows: Int) throws(KernelError) -> Products {
      func make(_ direction: ConvolutionDirections, _ shape: MatrixProductShape) throws(KernelError)
        -> (any MatrixProduct)?
      {
        directions.contains(direction) && (oneChannel == nil || direction == .backwardInput)
          ? try library.makeMatrixProduct(shape, precision: .float32) : nil
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
    [
      (ConvolutionDirections.forward, "forward"), (.backwardInput, "backward input"),
      (.backwardWeights, "backward weights"),
    ].compactMap { directions.contains($0) ? "\($1): lowering" : nil }.joined(separator: ", ")
  }

  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    if self.weights.byteCount > 0 {
      let matrix = self.weights.floats
      patches.take(weights, into: matrix)
      if precision == .bfloat16 {
        for index in 0..<geometry.weightCount { matrix[index] = BFloat16(matrix[index]).float }
      }
    }
    if let bias, let copy = self.bias { copy.floats.update(from: bias, count: geometry.outputChannels) }
  }

  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
    switch precision {
    case .float32: forward(Float.self, lanes[lane], input, output)
    case .bfloat16: forward(BFloat16.self, lanes[lane], input, output)
    }
  }

  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    switch precision {
    case .float32: backwardInput(Float.self, lanes[lane], outputGradient, inputGradient)
    case .bfloat16: backwardInput(BFloat16.self, lanes[lane], outputGradient, inputGradient)
    }
  }

  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    switch precision {
    case .float32: backwardWeights(Float.self, lanes[lane], input, outputGradient)
    case .bfloat16: backwardWeights(BFloat16.self, lanes[lane], input, outputGradient)
    }
  }

  func reduceWeightGradients(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
    scratch.lend(count: geometry.weightCount) { sum in
      addFloats(lanes.map(\.weightGradient), into: sum, count: geometry.weightCount)
      patches.give(sum, into: weights)
    }
    if let bias { addFloats(lanes.map(\.biasGradient), into: bias, count: geometry.outputChannels) }
  }

  // MARK: Blocks of rows

  private func forEachBlock(of lane: Lane, _ body: (_ rows: Range<Int>, _ products: Products) -> Void) {
    let rowCount = laneImages * output.height
    for first in stride(from: 0, to: rowCount, by: blockRows) {
      let rows = first..<min(first + blockRows, rowCount)
      body(rows, rows.count == blockRows ? lane.block : lane.rest ?? lane.block)
    }
  }

  /// Rows of output pixels lie as a matrix, [output pixel, out], in the activation itself.
  private var outputIsMatrix: Bool { precision == .float32 && output.block == output.channels }
  /// The frames lie as they are in the activation itself.
  private var inputIsFrames: Bool { precision == .float32 && patches.areFrames }

  /// Memory for one direction of one lane.
  private struct Room {
    let frames: UnsafeMutablePointer<Float>
    /// The patches of a block, or their gradient.
    let patches: UnsafeMutablePointer<Float>
    /// The outputs of a block, or their gradient: [output pixel, out]
    let outputs: UnsafeMutablePointer<Float>
  }

  private func lendRoom(_ body: (Room) -> Void) {
    func wholeLines(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    let frameCount = inputIsFrames ? 0 : wholeLines(patches.frameCount(ofImages: laneImages))
    let patchCount = patches.areFrames ? 0 : wholeLines(patches.patchCount(ofRows: blockRows))
    let outputCount = outputIsMatrix ? 0 : blockRows * output.width * output.channels
    scratch.lend(count: frameCount + patchCount + outputCount) { numbers in
      body(
        Room(
          frames: numbers, patches: numbers + frameCount, outputs: numbers + frameCount + patchCount))
    }
  }

  /// The images in their frames, where they are already or in `room`.
  private func frames<Value: Element>(
    _ type: Value.Type, of input: UnsafeRawPointer, _ room: Room
  ) -> UnsafePointer<Float> {
    if inputIsFrames { return input.assumingMemoryBound(to: Float.self) }
    patches.fill(type, room.frames, from: input, images: laneImages)
    return UnsafePointer(room.frames)
  }

  /// The patches of some rows, where they are already or in `room`.
  private func patches(_ rows: Range<Int>, of frames: UnsafePointer<Float>, _ room: Room) -> UnsafePointer<Float> {
    if patches.areFrames { return frames + rows.lowerBound * output.width * patches.patchCount }
    patches.gather(rows: rows, from: frames, into: room.patches)
    return UnsafePointer(room.patches)
  }

  private func forward<Value: Element>(
    _ type: Value.Type, _ lane: Lane, _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer
  ) {
    let outputs = geometry.outputChannels
    let bias = bias?.floats
    lendRoom { room in
      let frames = frames(type, of: input, room)
      if let oneChannel {
        return oneChannel.forward(
          type, images: laneImages, frames: frames, weights: weights.floats, bias: bias, into: output)
      }
      forEachBlock(of: lane) { rows, products in
        let first = rows.lowerBound * self.output.width * outputs
        let sums = outputIsMatrix ? output.assumingMemoryBound(to: Float.self) + first : room.outputs
        products.forward?.run(a: patches(rows, of: frames, room), b: weights.floats, c: sums)
        if !outputIsMatrix {
          store(type, sums, bias: bias, rows: rows, into: output)
        } else if let bias {
          for pixel in 0..<rows.count * self.output.width {
            addFloats(bias, to: sums + pixel * outputs, count: outputs)
          }
        }
      }
    }
  }

  private func backwardInput<Value: Element>(
    _ type: Value.Type, _ lane: Lane, _ outputGradient: UnsafeRawPointer, _ inputGradient: UnsafeMutableRawPointer
  ) {
    lendRoom { room in
      let frames = inputIsFrames ? inputGradient.assumingMemoryBound(to: Float.self) : room.frames
      if !patches.areFrames { frames.update(repeating: 0, count: patches.frameCount(ofImages: laneImages)) }
      forEachBlock(of: lane) { rows, products in
        let gradient = gradientRows(type, rows, of: outputGradient, room)
        let first = rows.lowerBound * output.width * patches.patchCount
        let result = patches.areFrames ? frames + first : room.patches
        products.backwardInput?.run(a: gradient, b: weights.floats, c: result)
        if !patches.areFrames { patches.scatter(room.patches, rows: rows, addingTo: frames) }
      }
      if !inputIsFrames { patches.store(type, frames, into: inputGradient, images: laneImages) }
    }
  }

  private func backwardWeights<Value: Element>(
    _ type: Value.Type, _ lane: Lane, _ input: UnsafeRawPointer, _ outputGradient: UnsafeRawPointer
  ) {
    let (sums, biasSums) = (lane.weightGradient.floats, lane.biasGradient.floats)
    sums.update(repeating: 0, count: geometry.weightCount)
    biasSums.update(repeating: 0, count: geometry.outputChannels)
    if bias != nil { addPixels(type, of: outputGradient, to: biasSums) }
    lendRoom { room in
      let frames = frames(type, of: input, room)
      if let oneChannel {
        return oneChannel.addWeightGradient(
          type, images: laneImages, frames: frames, outputGradient: outputGradient, to: sums)
      }
      forEachBlock(of: lane) { rows, products in
        let gradient = gradientRows(type, rows, of: outputGradient, room)
        products.backwardWeights?.run(a: patches(rows, of: frames, room), b: gradient, c: sums)
      }
    }
  }

  /// Adds the output's gradient of all pixels to `sums`, [out].
  private func addPixels<Value: Element>(
    _: Value.Type, of outputGradient: UnsafeRawPointer, to sums: UnsafeMutablePointer<Float>
  ) {
    let size = MemoryLayout<Value>.size
    for plane in 0..<laneImages * output.planeCount {
      let sums = sums + plane % output.planeCount * output.block
      let first = outputGradient + plane * output.planeElementCount * size
      forEachVector(count: output.block) { channel, width in
        var sum = Float.load(sums, at: channel, width: width)
        for pixel in 0..<output.pixelCount {
          sum += Value.load(first, at: pixel &* output.block &+ channel, width: width)
        }
        Float.store(sum, sums, at: channel, width: width)
      }
    }
  }

  /// The output's gradient of some rows as a matrix, [output pixel, out], where it is already or in `room`.
  private func gradientRows<Value: Element>(
    _ type: Value.Type, _ rows: Range<Int>, of outputGradient: UnsafeRawPointer, _ room: Room
  ) -> UnsafePointer<Float> {
    if outputIsMatrix {
      return outputGradient.assumingMemoryBound(to: Float.self) + rows.lowerBound * output.width * output.channels
    }
    forEachBlockOfChannels(ofRows: rows) { place, offset in
      copyValues(
        type, outputGradient + offset &* MemoryLayout<Value>.size, to: room.outputs + place, count: output.block)
    }
    return UnsafePointer(room.outputs)
  }

  /// - Parameters:
  ///   - sums: [output pixel, out]
  ///   - bias: [out]; nil adds none.
  ///   - result: [images, output]
  private func store<Value: Element>(
    _: Value.Type, _ sums: UnsafePointer<Float>, bias: UnsafePointer<Float>?, rows: Range<Int>,
    into result: UnsafeMutableRawPointer
  ) {
    forEachBlockOfChannels(ofRows: rows) { place, offset in
      let destination = result + offset &* MemoryLayout<Value>.size
      let channels = bias.map { $0 + place % output.channels }
      forEachVector(count: output.block) { channel, width in
        var value = Float.load(sums + place, at: channel, width: width)
        if let channels { value += Float.load(channels, at: channel, width: width) }
        Value.store(value, destination, at: channel, width: width)
      }
    }
  }

  /// Calls `body` with where each pixel's block of channels is, in the matrix of these rows and in the activation.
  private func forEachBlockOfChannels(ofRows rows: Range<Int>, _ body: (_ place: Int, _ offset: Int) -> Void) {
    var place = 0
    for row in rows {
      let (image, y) = row.quotientAndRemainder(dividingBy: output.height)
      for x in 0..<output.width {
        for plane in 0..<output.planeCount {
          let pixel = plane &* output.pixelCount &+ y &* output.width &+ x
          body(place, image &* output.elementCount &+ pixel &* output.block)
          place &+= output.block
        }
      }
    }
  }
}
