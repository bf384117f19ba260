extension BatchNorm {
  /// As `sumGradients`, but from the gradient of the pooled y and from what `applyAndPool` kept; changes neither.
  /// - Parameters:
  ///   - gradient: [images, pooledShape]
  ///   - dropoutScale: The factor of the values that dropout kept; 1 without dropout.
  package func sumPooledGradients(
    lane: Int, gradient: UnsafeRawPointer, winners: Winners, images: Int, dropoutScale: Float
  ) {
    let sums = sums(lane: lane)
    sums.update(repeating: 0, count: 2 * shape.channels)
    switch precision {
    case .float32: sumPooledGradients(Float.self, gradient, winners, images: images, dropoutScale, sums)
    case .bfloat16: sumPooledGradients(BFloat16.self, gradient, winners, images: images, dropoutScale, sums)
    }
  }

  private func sumPooledGradients<Value: Element>(
    _: Value.Type, _ gradient: UnsafeRawPointer, _ winners: Winners, images: Int, _ dropoutScale: Float,
    _ sums: UnsafeMutablePointer<Double>
  ) {
    let (pooled, vectorsPerPixel) = (pooledShape, vectorsPerPixel)
    pooled.forEachTile(ofImages: images) { offset, pixels, plane, firstPixel, channel, width in
      let mean = Float.load(mean, at: channel, width: width)
      let firstWord =
        (plane &* pooled.pixelCount &+ firstPixel) &* vectorsPerPixel &+ channel % pooled.block / 8
      var (sum, sumOfProducts) = (Vector(), Vector())
      for pixel in 0..<pixels {
        let index = offset &+ pixel &* pooled.block
        let bits = unpacked(winners.choices[firstWord &+ pixel &* vectorsPerPixel])
        // 15 - bits is below 15 where a bit is set.
        let dz = select(Value.load(gradient, at: index, width: width), where: 15 &- bits, isBelow: 15)
        sum += dz
        sumOfProducts += dz * (Value.load(winners.inputs, at: index, width: width) - mean)
      }
      add(sum * dropoutScale, sumOfProducts * dropoutScale, to: sums, channel: channel, width: width)
    }
  }

  /// As `backward`, from the gradient of the pooled y. Overwrites `inputGradient`, [images, shape].
  package func backwardFromPool(
    gradient: UnsafeRawPointer, winners: Winners, input: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer,
    images: Int, dropoutScale: Float
  ) {
    let pass = UnpoolingPass(
      gradient: gradient, winners: winners, input: input, inputGradient: inputGradient, dropoutScale: dropoutScale)
    switch precision {
    case .float32: backwardFromPool(Float.self, pass, images: images)
    case .bfloat16: backwardFromPool(BFloat16.self, pass, images: images)
    }
  }

  /// The parameters of `backwardFromPool` that all its loops read.
  private struct UnpoolingPass {
    let gradient: UnsafeRawPointer
    let winners: Winners
    let input: UnsafeRawPointer
    let inputGradient: UnsafeMutableRawPointer
    let dropoutScale: Float
  }

  private func backwardFromPool<Value: Element>(_ type: Value.Type, _ pass: UnpoolingPass, images: Int) {
    for plane in 0..<images * shape.planeCount {
      forEachRun(ofPlane: plane) { unpool(type, pass, $0) }
      clearOutsideWindows(type, pass, plane: plane)
    }
  }

  /// One run of windows of `backwardFromPool`.
  private func unpool<Value: Element>(_: Value.Type, _ pass: UnpoolingPass, _ run: WindowRun) {
    let factors = GradientFactors(self, channel: run.channel, width: run.width)
    let gradientScale = Float.load(gradientScale, at: run.channel, width: run.width) * pass.dropoutScale
    let (right, wordsRight) = (run.right, vectorsPerPixel)
    @inline(__always)
    func windows(width: Int) {
      let size = MemoryLayout<Value>.size
      let (upper, lower) = (run.input &* size, (run.input &+ run.down) &* size)
      var (above, below) = (pass.input + upper, pass.input + lower)
      var (gradientAbove, gradientBelow) = (pass.inputGradient + upper, pass.inputGradient + lower)
      var gradient = pass.gradient + run.output &* size
      var choices = pass.winners.choices + run.word
      for _ in 0..<run.count {
        let dz = Value.load(gradient, at: 0, width: width) * gradientScale
        let bits = choices.pointee
        let dx0 = factors.gradient(masked(dz, by: bits, bit: 0), x: Value.load(above, at: 0, width: width))
        let dx1 = factors.gradient(masked(dz, by: bits, bit: 1), x: Value.load(above, at: right, width: width))
        let dx2 = factors.gradient(masked(dz, by: bits, bit: 2), x: Value.load(below, at: 0, width: width))
        let dx3 = factors.gradient(masked(dz, by: bits, bit: 3), x: Value.load(below, at: right, width: width))
        Value.store(dx0, gradientAbove, at: 0, width: width)
        Value.store(dx1, gradientAbove, at: right, width: width)
        Value.store(dx2, gradientBelow, at: 0, width: width)
        Value.store(dx3, gradientBelow, at: right, width: width)
        above += 2 &* right &* size
        below += 2 &* right &* size
        gradientAbove += 2 &* right &* size
        gradientBelow += 2 &* right &* size
        gradient += right &* size
        choices += wordsRight
      }
    }
    if run.width == 8 { windows(width: 8) } else { windows(width: run.width) }
  }

  /// Writes the gradient of x in rows and columns that fill no window, which comes from the statistics alone.
  private func clearOutsideWindows<Value: Element>(_: Value.Type, _ pass: UnpoolingPass, plane: Int) {
    let (block, pooled) = (shape.block, pooledShape)
    for y in 0..<shape.height {
      for x in (y < pooled.height * 2 ? pooled.width * 2 : 0)..<shape.width {
        let offset = plane &* shape.planeElementCount &+ (y &* shape.width &+ x) &* block
        forEachVector(count: block) { channel, width in
          let factors = GradientFactors(self, channel: plane % shape.planeCount &* block &+ channel, width: width)
          let x = Value.load(pass.input, at: offset &+ channel, width: width)
          Value.store(
            factors.gradient(Vector(), x: x), pass.inputGradient, at: offset &+ channel, width: width)
        }
      }
    }
  }

  /// The factors from x and its gradient of z to the gradient of x, for eight channels.
  private struct GradientFactors {
    private let mean: Vector
    private let slope: Vector
    private let intercept: Vector

    @inline(__always)
    init(_ norm: BatchNorm, channel: Int, width: Int) {
      mean = Float.load(norm.mean, at: channel, width: width)
      slope = Float.load(norm.slope, at: channel, width: width)
      intercept = Float.load(norm.intercept, at: channel, width: width)
    }

    /// - Parameter scaled: gradientScale * dz
    @inline(__always)
    func gradient(_ scaled: Vector, x: Vector) -> Vector { scaled + (x - mean) * slope + intercept }
  }
}

/// The four bits of each of eight channels, from their word.
@inline(__always)
private func unpacked(_ bits: UInt32) -> SIMD8<UInt32> {
  SIMD8(repeating: bits) &>> SIMD8(0, 4, 8, 12, 16, 20, 24, 28) & 15
}

/// `values` where bit number `bit` of the channel's four is set, else 0.
@inline(__always)
private func masked(_ values: Vector, by bits: UInt32, bit: UInt32) -> Vector {
  let signs = SIMD8<UInt32>(repeating: bits) &<< (SIMD8<UInt32>(31, 27, 23, 19, 15, 11, 7, 3) &- bit)
  let mask = unsafeBitCast(unsafeBitCast(signs, to: SIMD8<Int32>.self) &>> 31, to: SIMD8<UInt32>.self)
  return unsafeBitCast(unsafeBitCast(values, to: SIMD8<UInt32>.self) & mask, to: Vector.self)
}
