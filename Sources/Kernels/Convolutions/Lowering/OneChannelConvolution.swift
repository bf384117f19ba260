/// A convolution with one input channel, a network's first, without patches: writing and reading them would take longer than
/// the arithmetic. It reads the frames of `ImagePatches`, in which every tap of every pixel exists. Sums are float32, and
/// eight output channels are computed at a time.
struct OneChannelConvolution: Sendable {
  private let geometry: ConvolutionGeometry
  private let output: ActivationShape

  /// nil for more than one input channel, or output channels that do not fill whole vectors.
  init?(_ geometry: ConvolutionGeometry, output: ActivationShape) {
    guard geometry.inputChannels == 1 && output.block % 8 == 0 else { return nil }
    self.geometry = geometry
    self.output = output
  }

  /// Whether this is faster than oneDNN's convolution, which holds the sums of many channels in registers: with only eight
  /// channels it uses a quarter of what the CPU can do.
  static func isFaster(for geometry: ConvolutionGeometry, output: ActivationShape) -> Bool {
    geometry.outputChannels == 8 && OneChannelConvolution(geometry, output: output) != nil
  }

  private var frameWidth: Int { geometry.inputWidth + 2 * geometry.padding }
  private var taps: Int { geometry.kernel * geometry.kernel }

  /// Calls `body` with each image's frame and every eight output channels, with their offset in the output.
  private func forEachImage(
    _ images: Int, in frames: UnsafePointer<Float>,
    _ body: (_ frame: UnsafePointer<Float>, _ channel: Int, _ offset: Int) -> Void
  ) {
    let frameCount = (geometry.inputHeight + 2 * geometry.padding) * frameWidth
    for image in 0..<images {
      for channel in stride(from: 0, to: output.channels, by: 8) {
        body(
          frames + image * frameCount, channel,
          image * output.elementCount + output.offset(channel: channel, y: 0, x: 0))
      }
    }
  }

  // MARK: Forward

  /// - Parameters:
  ///   - frames: Of the images.
  ///   - weights: [taps, out]
  ///   - bias: [out]; nil adds none.
  ///   - result: [images, output]; overwritten.
  func forward<Value: Element>(
    _ type: Value.Type, images: Int, frames: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, into result: UnsafeMutableRawPointer
  ) {
    forEachImage(images, in: frames) { frame, channel, offset in
      computePlane(
        type, frame: frame, weights: weights + channel, bias: bias.map { Float.load($0 + channel) } ?? Vector(),
        into: result + offset * MemoryLayout<Value>.size)
    }
  }

  /// Eight channels of one image's output.
  private func computePlane<Value: Element>(
    _: Value.Type, frame: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: Vector,
    into result: UnsafeMutableRawPointer
  ) {
    switch geometry.stride {
    case 1: computeEights(Value.self, step: One(), frame: frame, weights: weights, bias: bias, into: result)
    case 2: computeEights(Value.self, step: Two(), frame: frame, weights: weights, bias: bias, into: result)
    case let step: computeEights(Value.self, step: step, frame: frame, weights: weights, bias: bias, into: result)
    }
    if output.width % 8 > 0 { computeRest(Value.self, frame: frame, weights: weights, bias: bias, into: result) }
  }

  /// Eight pixels of a row at a time, which share each load of weights.
  private func computeEights<Value: Element>(
    _: Value.Type, step: some PixelStep, frame: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: Vector,
    into result: UnsafeMutableRawPointer
  ) {
    let (kernel, channels, frameWidth) = (geometry.kernel, output.channels, frameWidth)
    let (step, pixelBytes) = (step.count, output.block &* MemoryLayout<Value>.size)
    for y in 0..<output.height {
      var line = frame + y &* step &* frameWidth
      var first = result + y &* output.width &* pixelBytes
      for _ in 0..<output.width / 8 {
        var (s0, s1, s2, s3, s4, s5, s6, s7) = (bias, bias, bias, bias, bias, bias, bias, bias)
        var tap = weights
        for kernelRow in 0..<kernel {
          var pixel = line + kernelRow &* frameWidth
          for _ in 0..<kernel {
            let w = Float.load(tap)
            s0.add(w, times: pixel[0])
            s1.add(w, times: pixel[step])
            s2.add(w, times: pixel[2 &* step])
            s3.add(w, times: pixel[3 &* step])
            s4.add(w, times: pixel[4 &* step])
            s5.add(w, times: pixel[5 &* step])
            s6.add(w, times: pixel[6 &* step])
            s7.add(w, times: pixel[7 &* step])
            tap += channels
            pixel += 1
          }
        }
        Value.store(s0, first)
        Value.store(s1, first + pixelBytes)
        Value.store(s2, first + 2 &* pixelBytes)
        Value.store(s3, first + 3 &* pixelBytes)
        Value.store(s4, first + 4 &* pixelBytes)
        Value.store(s5, first + 5 &* pixelBytes)
        Value.store(s6, first + 6 &* pixelBytes)
        Value.store(s7, first + 7 &* pixelBytes)
        line += 8 &* step
        first += 8 &* pixelBytes
      }
    }
  }

  /// The pixels at the end of each row that are fewer than eight.
  private func computeRest<Value: Element>(
    _: Value.Type, frame: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: Vector,
    into result: UnsafeMutableRawPointer
  ) {
    for y in 0..<output.height {
      for x in output.width / 8 * 8..<output.width {
        var (sum, tap) = (bias, weights)
        for kernelRow in 0..<geometry.kernel {
          let line = frame + (y * geometry.stride + kernelRow) * frameWidth + x * geometry.stride
          for column in 0..<geometry.kernel {
            sum.add(Float.load(tap), times: line[column])
            tap += output.channels
          }
        }
        Value.store(sum, result + (y * output.width + x) * output.block * MemoryLayout<Value>.size)
      }
    }
  }

  // MARK: The weights' gradient

  /// Nine taps at a time are summed in registers, over all pixels of an image.
  private static let tapsAtATime = 9

  /// Adds the gradient of some images to `sums`:
  /// sum[tap] += input[pixel at tap] * outputGradient[pixel, channels].
  /// - Parameters:
  ///   - frames: Of the images.
  ///   - outputGradient: [images, output]
  ///   - sums: [taps, out]
  func addWeightGradient<Value: Element>(
    _ type: Value.Type, images: Int, frames: UnsafePointer<Float>, outputGradient: UnsafeRawPointer,
    to sums: UnsafeMutablePointer<Float>
  ) {
    forEachImage(images, in: frames) { frame, channel, offset in
      let gradient = outputGradient + offset * MemoryLayout<Value>.size
      for tap in stride(from: 0, to: taps, by: Self.tapsAtATime) {
        addTaps(type, from: tap, frame: frame, gradient: gradient, to: sums + channel)
      }
    }
  }

  private func addTaps<Value: Element>(
    _: Value.Type, from firstTap: Int, frame: UnsafePointer<Float>, gradient: UnsafeRawPointer,
    to sums: UnsafeMutablePointer<Float>
  ) {
    // The last group, where it has fewer taps, computes its last one several times and stores it once.
    func pixels(_ index: Int) -> UnsafePointer<Float> {
      let tap = min(firstTap + index, taps - 1)
      return frame + tap / geometry.kernel * frameWidth + tap % geometry.kernel
    }
    let (p0, p1, p2) = (pixels(0), pixels(1), pixels(2))
    let (p3, p4, p5) = (pixels(3), pixels(4), pixels(5))
    let (p6, p7, p8) = (pixels(6), pixels(7), pixels(8))
    var (s0, s1, s2, s3, s4) = (Vector(), Vector(), Vector(), Vector(), Vector())
    var (s5, s6, s7, s8) = (Vector(), Vector(), Vector(), Vector())
    let (stride, pixelBytes) = (geometry.stride, output.block * MemoryLayout<Value>.size)
    for y in 0..<output.height {
      var x = y * stride * frameWidth
      var address = gradient + y * output.width * pixelBytes
      for _ in 0..<output.width {
        let dy = Value.load(address)
        s0.add(dy, times: p0[x])
        s1.add(dy, times: p1[x])
        s2.add(dy, times: p2[x])
        s3.add(dy, times: p3[x])
        s4.add(dy, times: p4[x])
        s5.add(dy, times: p5[x])
        s6.add(dy, times: p6[x])
        s7.add(dy, times: p7[x])
        s8.add(dy, times: p8[x])
        x &+= stride
        address += pixelBytes
      }
    }
    for (index, sum) in [s0, s1, s2, s3, s4, s5, s6, s7, s8].enumerated() where firstTap + index < taps {
      let row = sums + (firstTap + index) * output.channels
      Float.store(Float.load(row) + sum, row)
    }
  }
}

/// How many input pixels lie between the patches of neighbours. A constant has its own type: knowing it, the compiler writes
/// no instructions for addresses.
private protocol PixelStep {
  var count: Int { get }
}

private struct One: PixelStep {
  var count: Int { 1 }
}

private struct Two: PixelStep {
  var count: Int { 2 }
}

extension Int: PixelStep {
  fileprivate var count: Int { self }
}
