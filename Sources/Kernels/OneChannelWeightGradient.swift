/// The weight gradient of a convolution with one input channel, a network's first: oneDNN's code for AVX2 lacks this
/// case for blocked outputs.
///
/// Nine kernel taps at a time are summed in registers, over all pixels of an image, for eight output channels:
/// sum[tap] += input[pixel at tap] * outputGradient[pixel, channels]. The input is copied into a frame of zeros first,
/// so that every tap of every pixel exists. Sums are float32 within an image and over a lane's images.
// SAFETY: a lane's buffers are used by one thread at a time; `reduce` runs while no lane does.
struct OneChannelWeightGradient: WeightGradient, @unchecked Sendable {
  private let geometry: ConvolutionGeometry
  private let output: ActivationShape
  private let laneImages: Int
  private let precision: Precision
  private let lanes: [Lane]

  private struct Lane {
    /// One image with its padding, float32.
    let frame: AlignedBuffer
    /// [taps + 1, out]; the last row is the bias's.
    let sums: AlignedBuffer
  }

  private static let tapsAtATime = 9

  /// nil where this does not fit: more input channels, or output channels that do not lie in whole vectors.
  init?(
    _ geometry: ConvolutionGeometry, output: ActivationShape, laneImages: Int, lanes: Int, precision: Precision
  ) {
    guard geometry.inputChannels == 1 && output.block % 8 == 0 else { return nil }
    self.geometry = geometry
    self.output = output
    self.laneImages = laneImages
    self.precision = precision
    let frameCount =
      (geometry.inputHeight + 2 * geometry.padding) * (geometry.inputWidth + 2 * geometry.padding)
    let sumCount = (geometry.kernel * geometry.kernel + 1) * geometry.outputChannels
    self.lanes = (0..<lanes).map { _ in
      Lane(frame: AlignedBuffer(Float.self, count: frameCount), sums: AlignedBuffer(Float.self, count: sumCount))
    }
  }

  /// Sums are overwritten.
  func run(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    switch precision {
    case .float32: run(Float.self, lanes[lane], input, outputGradient)
    case .bfloat16: run(BFloat16.self, lanes[lane], input, outputGradient)
    }
  }

  private func run<Value: Element>(
    _ type: Value.Type, _ lane: Lane, _ input: UnsafeRawPointer, _ outputGradient: UnsafeRawPointer
  ) {
    let sums = lane.sums.pointer(to: Float.self)
    let frame = lane.frame.pointer(to: Float.self)
    let taps = geometry.kernel * geometry.kernel
    sums.update(repeating: 0, count: (taps + 1) * output.channels)
    for image in 0..<laneImages {
      let imageOffset = image * geometry.inputHeight * geometry.inputWidth
      fill(frame, from: input + imageOffset * MemoryLayout<Value>.size, type)
      for channel in stride(from: 0, to: output.channels, by: 8) {
        let offset = image * output.elementCount + output.offset(channel: channel, y: 0, x: 0)
        let gradient = outputGradient + offset * MemoryLayout<Value>.size
        for tap in stride(from: 0, to: taps, by: Self.tapsAtATime) {
          addTaps(type, from: tap, frame: frame, gradient: gradient, to: sums + channel)
        }
        if geometry.hasBias { addBias(type, gradient: gradient, to: sums + taps * output.channels + channel) }
      }
    }
  }

  private var frameWidth: Int { geometry.inputWidth + 2 * geometry.padding }

  /// Writes the image into the middle of the frame, whose border stays 0.
  private func fill<Value: Element>(_ frame: UnsafeMutablePointer<Float>, from image: UnsafeRawPointer, _: Value.Type) {
    for y in 0..<geometry.inputHeight {
      let row = frame + (y + geometry.padding) * frameWidth + geometry.padding
      let source = image + y * geometry.inputWidth * MemoryLayout<Value>.size
      forEachVector(count: geometry.inputWidth) { x, width in
        Float.store(Value.load(source, at: x, width: width), row, at: x, width: width)
      }
    }
  }

  private func addTaps<Value: Element>(
    _: Value.Type, from firstTap: Int, frame: UnsafePointer<Float>, gradient: UnsafeRawPointer,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let taps = geometry.kernel * geometry.kernel
    // A last group with fewer taps repeats the last one, and drops what is not needed.
    func place(_ index: Int) -> UnsafePointer<Float> {
      let tap = min(firstTap + index, taps - 1)
      return frame + tap / geometry.kernel * frameWidth + tap % geometry.kernel
    }
    let (p0, p1, p2) = (place(0), place(1), place(2))
    let (p3, p4, p5) = (place(3), place(4), place(5))
    let (p6, p7, p8) = (place(6), place(7), place(8))
    var (s0, s1, s2, s3, s4) = (Vector(), Vector(), Vector(), Vector(), Vector())
    var (s5, s6, s7, s8) = (Vector(), Vector(), Vector(), Vector())
    let (stride, pixelBytes) = (geometry.stride, output.block * MemoryLayout<Value>.size)
    for y in 0..<output.height {
      var x = y * stride * frameWidth
      var address = gradient + y * output.width * pixelBytes
      for _ in 0..<output.width {
        let dy = Value.load(address)
        s0 += dy * p0[x]
        s1 += dy * p1[x]
        s2 += dy * p2[x]
        s3 += dy * p3[x]
        s4 += dy * p4[x]
        s5 += dy * p5[x]
        s6 += dy * p6[x]
        s7 += dy * p7[x]
        s8 += dy * p8[x]
        x &+= stride
        address += pixelBytes
      }
    }
    for (index, sum) in [s0, s1, s2, s3, s4, s5, s6, s7, s8].enumerated() where firstTap + index < taps {
      let row = sums + (firstTap + index) * output.channels
      Float.store(Float.load(row) + sum, row)
    }
  }

  private func addBias<Value: Element>(
    _: Value.Type, gradient: UnsafeRawPointer, to sums: UnsafeMutablePointer<Float>
  ) {
    var sum = Float.load(sums)
    for pixel in 0..<output.pixelCount { sum += Value.load(gradient, at: pixel &* output.block, width: 8) }
    Float.store(sum, sums)
  }

  /// Lanes are added in their order.
  func reduce(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
    let taps = geometry.kernel * geometry.kernel
    for channel in 0..<output.channels {
      for tap in 0..<taps { weights[channel * taps + tap] = total(row: tap, channel) }
      bias?[channel] = total(row: taps, channel)
    }
  }

  private func total(row: Int, _ channel: Int) -> Float {
    lanes.reduce(0) { $0 + $1.sums.pointer(to: Float.self)[row * output.channels + channel] }
  }
}
