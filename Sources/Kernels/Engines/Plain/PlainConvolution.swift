/// The convolution as its formula, with s the stride and p the padding:
///
///     output[o, y, x] = bias[o] + sum over i, ky, kx of
///                       weight[o, i, ky, kx] * input[i, y * s + ky - p, x * s + kx - p]
///
/// Arithmetic is float32; with bfloat16 activations the weights are rounded to bfloat16 as well, as CPUs multiply them.
// SAFETY: weights change only in `loadWeights`, while no lane runs; a lane's buffers are used by one thread at a time.
final class PlainConvolution: Convolution, @unchecked Sendable {
  private let geometry: ConvolutionGeometry
  private let input: ActivationShape
  private let output: ActivationShape
  private let laneImages: Int
  private let precision: Precision
  /// [kernel, kernel, in, out], so that the loop over output channels reads contiguous memory.
  private var forwardWeights: [Float]
  /// [kernel, kernel, out, in]
  private var backwardWeights: [Float]
  private var bias: [Float]
  private let lanes: [Lane]

  /// What one lane writes.
  private struct Lane {
    /// [kernel, kernel, in, out]
    let weightGradient: AlignedBuffer
    let biasGradient: AlignedBuffer
    /// One pixel's channels of the input.
    let inputPixel: AlignedBuffer
    /// One pixel's channels of the output.
    let outputPixel: AlignedBuffer
  }

  init(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision
  ) {
    self.geometry = geometry
    self.input = input
    self.output = output
    self.laneImages = laneImages
    self.precision = precision
    forwardWeights = [Float](repeating: 0, count: geometry.weightCount)
    backwardWeights = forwardWeights
    bias = [Float](repeating: 0, count: geometry.outputChannels)
    lanes = (0..<laneCount).map { _ in
      Lane(
        weightGradient: AlignedBuffer(Float.self, count: geometry.weightCount),
        biasGradient: AlignedBuffer(Float.self, count: geometry.outputChannels),
        inputPixel: AlignedBuffer(Float.self, count: geometry.inputChannels),
        outputPixel: AlignedBuffer(Float.self, count: geometry.outputChannels))
    }
  }

  var description: String { "plain Swift, the reference" }

  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let taps = geometry.kernel * geometry.kernel
    for o in 0..<outputs {
      for i in 0..<inputs {
        for tap in 0..<taps {
          let weight = weights[(o * inputs + i) * taps + tap]
          let rounded = precision == .bfloat16 ? BFloat16(weight).float : weight
          forwardWeights[(tap * inputs + i) * outputs + o] = rounded
          backwardWeights[(tap * outputs + o) * inputs + i] = rounded
        }
      }
      if let bias { self.bias[o] = bias[o] }
    }
  }

  func forward(lane: Int, input source: UnsafeRawPointer, output destination: UnsafeMutableRawPointer) {
    let pixel = lanes[lane].inputPixel.pointer(to: Float.self)
    let sums = lanes[lane].outputPixel.pointer(to: Float.self)
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    for image in 0..<laneImages {
      for y in 0..<output.height {
        for x in 0..<output.width {
          sums.update(from: bias, count: outputs)
          forEachTap(ofOutputY: y, x: x) { tap, inputY, inputX in
            load(input, source, image: image, y: inputY, x: inputX, into: pixel)
            for i in 0..<inputs {
              addProduct(pixel[i], forwardWeights, at: (tap * inputs + i) * outputs, count: outputs, to: sums)
            }
          }
          store(output, sums, to: destination, image: image, y: y, x: x)
        }
      }
    }
  }

  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    let pixel = lanes[lane].outputPixel.pointer(to: Float.self)
    let sums = lanes[lane].inputPixel.pointer(to: Float.self)
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    for image in 0..<laneImages {
      for y in 0..<input.height {
        for x in 0..<input.width {
          sums.update(repeating: 0, count: inputs)
          forEachTap(ofInputY: y, x: x) { tap, outputY, outputX in
            load(output, outputGradient, image: image, y: outputY, x: outputX, into: pixel)
            for o in 0..<outputs {
              addProduct(pixel[o], backwardWeights, at: (tap * outputs + o) * inputs, count: inputs, to: sums)
            }
          }
          store(input, sums, to: inputGradient, image: image, y: y, x: x)
        }
      }
    }
  }

  func backwardWeights(lane: Int, input source: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    let inputPixel = lanes[lane].inputPixel.pointer(to: Float.self)
    let outputPixel = lanes[lane].outputPixel.pointer(to: Float.self)
    let weightSums = lanes[lane].weightGradient.pointer(to: Float.self)
    let biasSums = lanes[lane].biasGradient.pointer(to: Float.self)
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    weightSums.update(repeating: 0, count: geometry.weightCount)
    biasSums.update(repeating: 0, count: outputs)
    for image in 0..<laneImages {
      for y in 0..<output.height {
        for x in 0..<output.width {
          load(output, outputGradient, image: image, y: y, x: x, into: outputPixel)
          for o in 0..<outputs { biasSums[o] += outputPixel[o] }
          forEachTap(ofOutputY: y, x: x) { tap, inputY, inputX in
            load(input, source, image: image, y: inputY, x: inputX, into: inputPixel)
            for i in 0..<inputs {
              let sums = weightSums + (tap * inputs + i) * outputs
              for o in 0..<outputs { sums[o] += inputPixel[i] * outputPixel[o] }
            }
          }
        }
      }
    }
  }

  func reduceWeightGradients(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let taps = geometry.kernel * geometry.kernel
    weights.update(repeating: 0, count: geometry.weightCount)
    bias?.update(repeating: 0, count: outputs)
    for lane in lanes {
      let gradient = lane.weightGradient.pointer(to: Float.self)
      let biasGradient = lane.biasGradient.pointer(to: Float.self)
      for o in 0..<outputs {
        for i in 0..<inputs {
          for tap in 0..<taps {
            weights[(o * inputs + i) * taps + tap] += gradient[(tap * inputs + i) * outputs + o]
          }
        }
        bias?[o] += biasGradient[o]
      }
    }
  }

  /// Every kernel tap at which the output pixel (y, x) meets a pixel of the input.
  @inline(__always)
  private func forEachTap(ofOutputY y: Int, x: Int, _ body: (_ tap: Int, _ inputY: Int, _ inputX: Int) -> Void) {
    for kernelY in 0..<geometry.kernel {
      let inputY = y * geometry.stride + kernelY - geometry.padding
      guard 0..<input.height ~= inputY else { continue }
      for kernelX in 0..<geometry.kernel {
        let inputX = x * geometry.stride + kernelX - geometry.padding
        guard 0..<input.width ~= inputX else { continue }
        body(kernelY * geometry.kernel + kernelX, inputY, inputX)
      }
    }
  }

  /// Every kernel tap at which the input pixel (y, x) meets a pixel of the output.
  @inline(__always)
  private func forEachTap(ofInputY y: Int, x: Int, _ body: (_ tap: Int, _ outputY: Int, _ outputX: Int) -> Void) {
    for kernelY in 0..<geometry.kernel {
      let (outputY, restY) = (y + geometry.padding - kernelY).quotientAndRemainder(dividingBy: geometry.stride)
      guard restY == 0 && 0..<output.height ~= outputY else { continue }
      for kernelX in 0..<geometry.kernel {
        let (outputX, restX) = (x + geometry.padding - kernelX).quotientAndRemainder(dividingBy: geometry.stride)
        guard restX == 0 && 0..<output.width ~= outputX else { continue }
        body(kernelY * geometry.kernel + kernelX, outputY, outputX)
      }
    }
  }

  private func load(
    _ shape: ActivationShape, _ source: UnsafeRawPointer, image: Int, y: Int, x: Int,
    into channels: UnsafeMutablePointer<Float>
  ) {
    for channel in 0..<shape.channels {
      let offset = image * shape.elementCount + shape.offset(channel: channel, y: y, x: x)
      let address = source + offset * precision.byteCount
      channels[channel] = precision == .float32 ? Float.loadValue(address) : BFloat16.loadValue(address)
    }
  }

  private func store(
    _ shape: ActivationShape, _ channels: UnsafePointer<Float>, to destination: UnsafeMutableRawPointer, image: Int,
    y: Int, x: Int
  ) {
    for channel in 0..<shape.channels {
      let offset = image * shape.elementCount + shape.offset(channel: channel, y: y, x: x)
      let address = destination + offset * precision.byteCount
      switch precision {
      case .float32: Float.storeValue(channels[channel], address)
      case .bfloat16: BFloat16.storeValue(channels[channel], address)
      }
    }
  }

  /// sums[c] += factor * weights[start + c] for `count` channels c.
  private func addProduct(
    _ factor: Float, _ weights: [Float], at start: Int, count: Int, to sums: UnsafeMutablePointer<Float>
  ) {
    weights.withUnsafeBufferPointer { weights in
      for channel in 0..<count { sums[channel] += factor * weights[start + channel] }
    }
  }
}
