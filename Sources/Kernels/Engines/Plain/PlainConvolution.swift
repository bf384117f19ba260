/// The convolution as its formula, with s the stride and p the padding:
///
///     output[o, y, x] = bias[o] + sum over i, ky, kx of
///                       weight[o, i, ky, kx] * input[i, y * s + ky - p, x * s + kx - p]
///
/// Arithmetic is float32; with bfloat16 activations the weights are rounded to bfloat16 as well, as CPUs multiply them.
/// Activations are copied to float32 numbers of [image, y, x, channel] and back.
// SAFETY: weights change only in `loadWeights`, while no lane runs; a lane's gradients are written by one thread at a time.
final class PlainConvolution: Convolution, @unchecked Sendable {
  private let geometry: ConvolutionGeometry
  private let input: ActivationShape
  private let output: ActivationShape
  private let laneImages: Int
  private let precision: Precision
  /// [kernel, kernel, in, out], so that the loop over output channels reads contiguous memory.
  private let forwardWeights: AlignedBuffer
  /// [kernel, kernel, out, in]
  private let backwardWeights: AlignedBuffer
  private let bias: AlignedBuffer
  /// Of each lane: [kernel, kernel, in, out]
  private let weightGradients: [AlignedBuffer]
  private let biasGradients: [AlignedBuffer]

  init(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision
  ) {
    self.geometry = geometry
    self.input = input
    self.output = output
    self.laneImages = laneImages
    self.precision = precision
    forwardWeights = AlignedBuffer(Float.self, count: geometry.weightCount)
    backwardWeights = AlignedBuffer(Float.self, count: geometry.weightCount)
    bias = AlignedBuffer(Float.self, count: geometry.outputChannels)
    weightGradients = (0..<laneCount).map { _ in AlignedBuffer(Float.self, count: geometry.weightCount) }
    biasGradients = (0..<laneCount).map { _ in AlignedBuffer(Float.self, count: geometry.outputChannels) }
  }

  var description: String { "plain Swift, the reference" }

  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    forEachWeight { index, tap, i, o in
      let rounded = precision == .bfloat16 ? BFloat16(weights[index]).float : weights[index]
      forwardWeights.floats[(tap * geometry.inputChannels + i) * geometry.outputChannels + o] = rounded
      backwardWeights.floats[(tap * geometry.outputChannels + o) * geometry.inputChannels + i] = rounded
    }
    if let bias { self.bias.floats.update(from: bias, count: geometry.outputChannels) }
  }

  func forward(lane: Int, input source: UnsafeRawPointer, output destination: UnsafeMutableRawPointer) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let (x, y) = (load(source, input), AlignedBuffer(Float.self, count: laneImages * output.elementCount))
    for pixel in 0..<laneImages * output.pixelCount {
      (y.floats + pixel * outputs).update(from: bias.floats, count: outputs)
    }
    forEachProduct(of: 0..<laneImages * output.pixelCount) { outputPixel, inputPixel, tap in
      let sums = y.floats + outputPixel * outputs
      for i in 0..<inputs {
        addProduct(
          x.floats[inputPixel * inputs + i], forwardWeights.floats + (tap * inputs + i) * outputs, count: outputs,
          to: sums)
      }
    }
    store(y, output, into: destination)
  }

  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let (dy, dx) = (load(outputGradient, output), AlignedBuffer(Float.self, count: laneImages * input.elementCount))
    // From the last pixel, so that the products of an input pixel are added in the order of the taps.
    forEachProduct(of: (0..<laneImages * output.pixelCount).reversed()) { outputPixel, inputPixel, tap in
      let sums = dx.floats + inputPixel * inputs
      for o in 0..<outputs {
        addProduct(
          dy.floats[outputPixel * outputs + o], backwardWeights.floats + (tap * outputs + o) * inputs, count: inputs,
          to: sums)
      }
    }
    store(dx, input, into: inputGradient)
  }

  func backwardWeights(lane: Int, input source: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let (x, dy) = (load(source, input), load(outputGradient, output))
    let (sums, biasSums) = (weightGradients[lane].floats, biasGradients[lane].floats)
    sums.update(repeating: 0, count: geometry.weightCount)
    biasSums.update(repeating: 0, count: outputs)
    for pixel in 0..<laneImages * output.pixelCount {
      addProduct(1, dy.floats + pixel * outputs, count: outputs, to: biasSums)
    }
    forEachProduct(of: 0..<laneImages * output.pixelCount) { outputPixel, inputPixel, tap in
      for i in 0..<inputs {
        addProduct(
          x.floats[inputPixel * inputs + i], dy.floats + outputPixel * outputs, count: outputs,
          to: sums + (tap * inputs + i) * outputs)
      }
    }
  }

  var weightGradientCount: Int { geometry.weightCount }

  func weightGradient(lane: Int) -> WeightGradient {
    WeightGradient(weightGradients[lane], bias: geometry.hasBias ? biasGradients[lane] : nil)
  }

  func restore(_ gradient: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    forEachWeight { index, tap, i, o in
      weights[index] = gradient[(tap * geometry.inputChannels + i) * geometry.outputChannels + o]
    }
  }

  /// Calls `body` for each weight with its index in [out, in, kernel, kernel], its tap, and its input and output channel.
  private func forEachWeight(_ body: (_ index: Int, _ tap: Int, _ i: Int, _ o: Int) -> Void) {
    let taps = geometry.kernel * geometry.kernel
    for index in 0..<geometry.weightCount {
      let channels = index / taps
      body(index, index % taps, channels % geometry.inputChannels, channels / geometry.inputChannels)
    }
  }

  /// Calls `body` for each output pixel and each tap of the kernel at which it meets a pixel of the input. Pixels are
  /// counted through the images.
  private func forEachProduct(
    of outputPixels: some Sequence<Int>, _ body: (_ outputPixel: Int, _ inputPixel: Int, _ tap: Int) -> Void
  ) {
    for outputPixel in outputPixels {
      let (image, pixel) = outputPixel.quotientAndRemainder(dividingBy: output.pixelCount)
      for tap in 0..<geometry.kernel * geometry.kernel {
        let y = pixel / output.width * geometry.stride + tap / geometry.kernel - geometry.padding
        let x = pixel % output.width * geometry.stride + tap % geometry.kernel - geometry.padding
        guard 0..<input.height ~= y && 0..<input.width ~= x else { continue }
        body(outputPixel, image * input.pixelCount + y * input.width + x, tap)
      }
    }
  }

  private func load(_ source: UnsafeRawPointer, _ shape: ActivationShape) -> AlignedBuffer {
    let values = AlignedBuffer(Float.self, count: laneImages * shape.elementCount)
    forEachValue(of: shape) { index, offset in
      let address = source + offset * precision.byteCount
      values.floats[index] = precision == .float32 ? Float.loadValue(address) : BFloat16.loadValue(address)
    }
    return values
  }

  private func store(_ values: AlignedBuffer, _ shape: ActivationShape, into result: UnsafeMutableRawPointer) {
    forEachValue(of: shape) { index, offset in
      let address = result + offset * precision.byteCount
      switch precision {
      case .float32: Float.storeValue(values.floats[index], address)
      case .bfloat16: BFloat16.storeValue(values.floats[index], address)
      }
    }
  }

  /// Calls `body` for each value with its index in [image, y, x, channel] and its offset in the activation.
  private func forEachValue(of shape: ActivationShape, _ body: (_ index: Int, _ offset: Int) -> Void) {
    for index in 0..<laneImages * shape.elementCount {
      let (pixel, channel) = index.quotientAndRemainder(dividingBy: shape.channels)
      let (image, pixelOfImage) = pixel.quotientAndRemainder(dividingBy: shape.pixelCount)
      body(
        index,
        image * shape.elementCount
          + shape.offset(channel: channel, y: pixelOfImage / shape.width, x: pixelOfImage % shape.width))
    }
  }

  /// Adds `factor` times `count` values to `sums`.
  private func addProduct(
    _ factor: Float, _ values: UnsafePointer<Float>, count: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count { sums[index] += factor * values[index] }
  }
}
