extension BatchNorm {
  /// Overwrites `output` with y.
  /// - Parameters:
  ///   - input: [images, shape]
  ///   - output: [images, pooledShape]
  ///   - winners: Overwritten; nil in inference.
  ///   - dropout: nil keeps everything.
  ///   - firstImage: The index in the batch of the lane's first image; dropout depends on it.
  /// - Precondition: no residual, and a ReLU where there is dropout.
  package func applyAndPool(
    input: UnsafeRawPointer, output: UnsafeMutableRawPointer, winners: Winners?, images: Int, dropout: DropoutMask?,
    firstImage: Int
  ) {
    precondition(!hasResidual && (hasReLU || dropout == nil))
    let pass = PoolingPass(input: input, output: output, winners: winners, dropout: dropout, firstImage: firstImage)
    switch precision {
    case .float32: applyAndPool(Float.self, pass, images: images)
    case .bfloat16: applyAndPool(BFloat16.self, pass, images: images)
    }
  }

  /// The parameters of `applyAndPool` that all its loops read.
  private struct PoolingPass {
    let input: UnsafeRawPointer
    let output: UnsafeMutableRawPointer
    let winners: Winners?
    let dropout: DropoutMask?
    let firstImage: Int
  }

  private func applyAndPool<Value: Element>(_ type: Value.Type, _ pass: PoolingPass, images: Int) {
    DropoutMask.withWords(for: pass.dropout, vectors: 2 * shape.width) { words in
      for plane in 0..<images * shape.planeCount {
        forEachRun(ofPlane: plane) { run in
          guard let winners = pass.winners else { return infer(type, pass, run) }
          guard let dropout = pass.dropout else { return train(type, pass, winners, run, KeptWindowRows()) }
          let mask = DropoutMask.Run(
            dropout, plane: pass.firstImage * shape.planeCount + plane,
            vectors: run.firstVector..<run.firstVector + 2 * shape.width, words: words)
          let rows = DroppedWindowRows(
            above: mask.cursor(at: run.firstVector), below: mask.cursor(at: run.firstVector + shape.width),
            scale: dropout.scale)
          train(type, pass, winners, run, rows)
        }
      }
    }
  }

  /// One run of windows of `applyAndPool`, in training.
  private func train<Value: Element, Rows: WindowRows>(
    _: Value.Type, _ pass: PoolingPass, _ winners: Winners, _ run: WindowRun, _ rows: Rows
  ) {
    let scale = Float.load(scale, at: run.channel, width: run.width) * rows.scale
    let shift = Float.load(shift, at: run.channel, width: run.width) * rows.scale
    let (hasReLU, right, wordsRight) = (hasReLU, run.right, vectorsPerPixel)
    var rows = rows
    @inline(__always)
    func windows(width: Int) {
      let size = MemoryLayout<Value>.size
      var (above, below) = (pass.input + run.input &* size, pass.input + (run.input &+ run.down) &* size)
      var (output, inputs) = (pass.output + run.output &* size, winners.inputs + run.output &* size)
      var choices = winners.choices + run.word
      for _ in 0..<run.count {
        let x0 = Value.load(above, at: 0, width: width)
        let x1 = Value.load(above, at: right, width: width)
        let x2 = Value.load(below, at: 0, width: width)
        let x3 = Value.load(below, at: right, width: width)
        var winner = Winner(z: rows.keptAbove(x0 * scale + shift), x: x0)
        winner.meet(z: rows.keptAbove(x1 * scale + shift), x: x1, bit: 2)
        winner.meet(z: rows.keptBelow(x2 * scale + shift), x: x2, bit: 4)
        winner.meet(z: rows.keptBelow(x3 * scale + shift), x: x3, bit: 8)
        if hasReLU { winner.rectify() }
        Value.store(winner.z, output, at: 0, width: width)
        Value.store(winner.x, inputs, at: 0, width: width)
        choices.pointee = winner.packedBits
        above += 2 &* right &* size
        below += 2 &* right &* size
        output += right &* size
        inputs += right &* size
        choices += wordsRight
      }
    }
    if run.width == 8 { windows(width: 8) } else { windows(width: run.width) }
  }

  /// One run of windows of `applyAndPool`, in inference.
  private func infer<Value: Element>(_: Value.Type, _ pass: PoolingPass, _ run: WindowRun) {
    let scale = Float.load(scale, at: run.channel, width: run.width)
    let shift = Float.load(shift, at: run.channel, width: run.width)
    let (hasReLU, right) = (hasReLU, run.right)
    @inline(__always)
    func windows(width: Int) {
      let size = MemoryLayout<Value>.size
      var (above, below) = (pass.input + run.input &* size, pass.input + (run.input &+ run.down) &* size)
      var output = pass.output + run.output &* size
      for _ in 0..<run.count {
        let z0 = Value.load(above, at: 0, width: width) * scale + shift
        let z1 = Value.load(above, at: right, width: width) * scale + shift
        let z2 = Value.load(below, at: 0, width: width) * scale + shift
        let z3 = Value.load(below, at: right, width: width) * scale + shift
        let y = largest(largest(z0, z1), largest(z2, z3))
        Value.store(hasReLU ? rectified(y) : y, output, at: 0, width: width)
        above += 2 &* right &* size
        below += 2 &* right &* size
        output += right &* size
      }
    }
    if run.width == 8 { windows(width: 8) } else { windows(width: run.width) }
  }
}

/// Dropout on the two rows of values under a row of windows, vector by vector from the left.
private protocol WindowRows {
  var scale: Float { get }
  mutating func keptAbove(_ values: Vector) -> Vector
  mutating func keptBelow(_ values: Vector) -> Vector
}

private struct DroppedWindowRows: WindowRows {
  var above: DropoutMask.Cursor
  var below: DropoutMask.Cursor
  let scale: Float

  @inline(__always)
  mutating func keptAbove(_ values: Vector) -> Vector { above.kept(values) }
  @inline(__always)
  mutating func keptBelow(_ values: Vector) -> Vector { below.kept(values) }
}

/// Without dropout.
private struct KeptWindowRows: WindowRows {
  var scale: Float { 1 }
  @inline(__always)
  func keptAbove(_ values: Vector) -> Vector { values }
  @inline(__always)
  func keptBelow(_ values: Vector) -> Vector { values }
}

/// The largest value of a window so far, for eight channels.
private struct Winner {
  var z: Vector
  var x: Vector
  /// Which of the window's values it is: 1, 2, 4 or 8.
  var bit = SIMD8<UInt32>(repeating: 1)

  @inline(__always)
  mutating func meet(z: Vector, x: Vector, bit: UInt32) {
    let isLarger = z .> self.z
    self.z.replace(with: z, where: isLarger)
    self.x.replace(with: x, where: isLarger)
    self.bit.replace(with: SIMD8(repeating: bit), where: isLarger)
  }

  /// Where no value is positive, the largest becomes 0, and none of the values has a gradient.
  @inline(__always)
  mutating func rectify() {
    bit.replace(with: SIMD8(), where: z .<= 0)
    z = rectified(z)
  }

  /// Four bits for each channel, the first channel's lowest.
  @inline(__always)
  var packedBits: UInt32 {
    let shifted = bit &<< SIMD8(0, 4, 8, 12, 16, 20, 24, 28)
    let quarters = shifted.lowHalf | shifted.highHalf
    let halves = quarters.lowHalf | quarters.highHalf
    return halves.x | halves.y
  }
}
