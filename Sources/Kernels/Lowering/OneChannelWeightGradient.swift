/// The weight gradient of a convolution with one input channel, a network's first, without patches: they would be more to
/// write and to read than there is to compute.
///
/// Nine kernel taps at a time are summed in registers, over all pixels of an image, for eight output channels:
/// sum[tap] += input[pixel at tap] * outputGradient[pixel, channels]. The input is copied into a frame of zeros first,
/// so that every tap of every pixel exists. Sums are float32 within an image and over a lane's images.
struct OneChannelWeightGradient: Sendable {
  private let geometry: ConvolutionGeometry
  private let output: ActivationShape

  private static let tapsAtATime = 9

  /// nil where this does not fit: more input channels, or output channels that do not lie in whole vectors.
  init?(_ geometry: ConvolutionGeometry, output: ActivationShape) {
    guard geometry.inputChannels == 1 && output.block % 8 == 0 else { return nil }
    self.geometry = geometry
    self.output = output
  }

  private var frameWidth: Int { geometry.inputWidth + 2 * geometry.padding }

  /// Floats that a caller lends to `add`.
  var frameCount: Int { (geometry.inputHeight + 2 * geometry.padding) * frameWidth }

  /// Adds the gradient of some images to `sums`.
  /// - Parameters:
  ///   - input: [images, height, width]
  ///   - outputGradient: [images, output]
  ///   - frame: `frameCount` floats; overwritten.
  ///   - sums: [taps, out]
  func add<Value: Element>(
    _ type: Value.Type, images: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer,
    frame: UnsafeMutablePointer<Float>, to sums: UnsafeMutablePointer<Float>
  ) {
    frame.update(repeating: 0, count: frameCount)
    let taps = geometry.kernel * geometry.kernel
    for image in 0..<images {
      let imageOffset = image * geometry.inputHeight * geometry.inputWidth
      fill(frame, from: input + imageOffset * MemoryLayout<Value>.size, type)
      for channel in stride(from: 0, to: output.channels, by: 8) {
        let offset = image * output.elementCount + output.offset(channel: channel, y: 0, x: 0)
        let gradient = outputGradient + offset * MemoryLayout<Value>.size
        for tap in stride(from: 0, to: taps, by: Self.tapsAtATime) {
          addTaps(type, from: tap, frame: frame, gradient: gradient, to: sums + channel)
        }
      }
    }
  }

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
}
