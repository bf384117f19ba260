/// The weight gradient of any convolution as a matrix product (Chellapilla, Puri and Simard, "High performance
/// convolutional neural networks for document processing", 2006): each output pixel's patch of the input becomes a row,
/// and the gradient is the product of the output gradient, transposed, with these rows. Copying the patches takes
/// memory and time, so this is for planes too small or channels too odd for direct code.
// SAFETY: a lane's buffers are used by one thread at a time; `reduce` runs while no lane does.
struct LoweredWeightGradient: WeightGradient, @unchecked Sendable {
  private let geometry: ConvolutionGeometry
  private let input: ActivationShape
  private let output: ActivationShape
  private let laneImages: Int
  private let precision: Precision
  private let lanes: [Lane]

  private struct Lane {
    /// Patches of one image: [output pixel, in, kernel, kernel].
    let patches: AlignedBuffer
    /// The output gradient of one image: [output pixel, out].
    let gradient: AlignedBuffer
    /// [out, in, kernel, kernel]
    let sums: AlignedBuffer
    /// [out]
    let biasSums: AlignedBuffer
    /// Adds an image's share to `sums`.
    let product: any MatrixProduct
  }

  init(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
    precision: Precision, backend: any Backend
  ) throws(KernelError) {
    self.geometry = geometry
    self.input = input
    self.output = output
    self.laneImages = laneImages
    self.precision = precision
    let (patch, outputs) = (geometry.weightCount / geometry.outputChannels, geometry.outputChannels)
    var all: [Lane] = []
    for _ in 0..<lanes {
      let product = try backend.makeMatrixProduct(
        .init(
          transposesA: true, m: outputs, n: patch, k: output.pixelCount, lda: outputs, ldb: patch, ldc: patch,
          accumulates: true), precision: .float32)
      all.append(
        Lane(
          patches: AlignedBuffer(Float.self, count: output.pixelCount * patch),
          gradient: AlignedBuffer(Float.self, count: output.pixelCount * outputs),
          sums: AlignedBuffer(Float.self, count: geometry.weightCount),
          biasSums: AlignedBuffer(Float.self, count: outputs), product: product))
    }
    self.lanes = all
  }

  func run(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    switch precision {
    case .float32: run(Float.self, lanes[lane], input, outputGradient)
    case .bfloat16: run(BFloat16.self, lanes[lane], input, outputGradient)
    }
  }

  private func run<Value: Element>(
    _ type: Value.Type, _ lane: Lane, _ input: UnsafeRawPointer, _ outputGradient: UnsafeRawPointer
  ) {
    let (sums, biasSums) = (lane.sums.pointer(to: Float.self), lane.biasSums.pointer(to: Float.self))
    sums.update(repeating: 0, count: geometry.weightCount)
    biasSums.update(repeating: 0, count: geometry.outputChannels)
    for image in 0..<laneImages {
      let bytes = MemoryLayout<Value>.size
      copyPatches(type, of: input + image * self.input.elementCount * bytes, to: lane.patches.pointer(to: Float.self))
      copyGradient(
        type, outputGradient + image * output.elementCount * bytes, to: lane.gradient.pointer(to: Float.self),
        addingTo: biasSums)
      lane.product.run(a: lane.gradient.address, b: lane.patches.address, c: sums)
    }
  }

  private func copyPatches<Value: Element>(
    _: Value.Type, of image: UnsafeRawPointer, to patches: UnsafeMutablePointer<Float>
  ) {
    let (kernel, stride, padding) = (geometry.kernel, geometry.stride, geometry.padding)
    var place = patches
    for y in 0..<output.height {
      for x in 0..<output.width {
        for channel in 0..<geometry.inputChannels {
          for row in (y * stride - padding)..<(y * stride - padding + kernel) {
            for column in (x * stride - padding)..<(x * stride - padding + kernel) {
              let isInside = row >= 0 && row < input.height && column >= 0 && column < input.width
              place.pointee =
                isInside
                ? Value.loadValue(
                  image + input.offset(channel: channel, y: row, x: column) * MemoryLayout<Value>.size) : 0
              place += 1
            }
          }
        }
      }
    }
  }

  private func copyGradient<Value: Element>(
    _: Value.Type, _ image: UnsafeRawPointer, to gradient: UnsafeMutablePointer<Float>,
    addingTo biasSums: UnsafeMutablePointer<Float>
  ) {
    var place = gradient
    for y in 0..<output.height {
      for x in 0..<output.width {
        for channel in 0..<output.channels {
          let value = Value.loadValue(
            image + output.offset(channel: channel, y: y, x: x) * MemoryLayout<Value>.size)
          place.pointee = value
          biasSums[channel] += value
          place += 1
        }
      }
    }
  }

  /// Lanes are added in their order.
  func reduce(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
    addFloats(lanes.map(\.sums), into: weights, count: geometry.weightCount)
    if let bias { addFloats(lanes.map(\.biasSums), into: bias, count: geometry.outputChannels) }
  }
}

/// Overwrites `sum` with the sum of the terms, added in their order.
func addFloats(_ terms: [AlignedBuffer], into sum: UnsafeMutablePointer<Float>, count: Int) {
  sum.update(repeating: 0, count: count)
  for term in terms {
    let values = term.pointer(to: Float.self)
    for index in 0..<count { sum[index] += values[index] }
  }
}
