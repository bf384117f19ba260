/// Batch norm with the max pool of 2 x 2 windows that follows it, as one pass over memory in each direction:
///
///     y = the largest of relu(dropout(z)) in each window
///
/// Only one value of a window has a gradient, and `applyAndPool` keeps which one and what its x was. So the sums of the
/// backward pass read a quarter of the values, and nothing but x and its gradient is ever as large as the plane.
/// Rows or columns that fill no window are left out of y.
extension BatchNorm {
  /// What the backward passes need to know of each window: made by `applyAndPool` of the same lane.
  package struct Winners {
    /// [images, planes, windows, vectors of the block]: four bits for each of eight channels, of which the one of the
    /// window's value is set (1, 2 above, 4, 8 below), or none where ReLU let nothing through.
    package let places: UnsafeMutablePointer<UInt32>
    /// x of the value that was taken: [images, pooled shape].
    package let inputs: UnsafeMutableRawPointer

    package init(places: UnsafeMutablePointer<UInt32>, inputs: UnsafeMutableRawPointer) {
      self.places = places
      self.inputs = inputs
    }
  }

  /// Words of `Winners.places` for one image.
  package var winnerWordCount: Int {
    pooledShape.planeCount * pooledShape.pixelCount * vectorsPerPixel
  }

  package var pooledShape: ActivationShape { shape.pooled(by: 2) }

  private var vectorsPerPixel: Int { (shape.block + 7) / 8 }

  /// Overwrites `output` with y.
  /// - Parameters:
  ///   - input: [images, shape]
  ///   - output: [images, pooledShape]
  ///   - winners: Overwritten; nil in inference.
  ///   - dropout: nil keeps everything.
  ///   - firstImage: The lane's first image's place in the batch; dropout depends on it.
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

  /// The parameters of `applyAndPool` that its loops share.
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
          guard let winners = pass.winners else { return read(type, pass, run) }
          guard let dropout = pass.dropout else { return learn(type, pass, winners, run, KeepAll()) }
          let mask = DropoutMask.Run(
            dropout, plane: pass.firstImage * shape.planeCount + plane,
            vectors: run.firstVector..<run.firstVector + 2 * shape.width, words: words)
          let rows = DropoutRows(
            above: mask.cursor(at: run.firstVector), below: mask.cursor(at: run.firstVector + shape.width),
            scale: dropout.scale)
          learn(type, pass, winners, run, rows)
        }
      }
    }
  }

  /// One run of windows of `applyAndPool`, in training.
  private func learn<Value: Element, Rows: WindowRows>(
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
      var places = winners.places + run.word
      for _ in 0..<run.count {
        let x0 = Value.load(above, at: 0, width: width)
        let x1 = Value.load(above, at: right, width: width)
        let x2 = Value.load(below, at: 0, width: width)
        let x3 = Value.load(below, at: right, width: width)
        var winner = Winner(z: rows.keptAbove(x0 * scale + shift), x: x0)
        winner.meet(z: rows.keptAbove(x1 * scale + shift), x: x1, place: 2)
        winner.meet(z: rows.keptBelow(x2 * scale + shift), x: x2, place: 4)
        winner.meet(z: rows.keptBelow(x3 * scale + shift), x: x3, place: 8)
        if hasReLU { winner.rectify() }
        Value.store(winner.z, output, at: 0, width: width)
        Value.store(winner.x, inputs, at: 0, width: width)
        places.pointee = winner.packedPlaces
        above += 2 &* right &* size
        below += 2 &* right &* size
        output += right &* size
        inputs += right &* size
        places += wordsRight
      }
    }
    if run.width == 8 { windows(width: 8) } else { windows(width: run.width) }
  }

  /// One run of windows of `applyAndPool`, in inference.
  private func read<Value: Element>(_: Value.Type, _ pass: PoolingPass, _ run: WindowRun) {
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

  /// As `sumGradients`, from the gradient of the pooled y and what `applyAndPool` kept; changes neither.
  /// - Parameters:
  ///   - gradient: [images, pooledShape]
  ///   - dropoutScale: What dropout multiplied kept values by; 1 without dropout.
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
        let place = offset &+ pixel &* pooled.block
        let places = unpacked(winners.places[firstWord &+ pixel &* vectorsPerPixel])
        // 15 - places is below 15 where a bit is set.
        let dz = select(Value.load(gradient, at: place, width: width), where: 15 &- places, isBelow: 15)
        sum += dz
        sumOfProducts += dz * (Value.load(winners.inputs, at: place, width: width) - mean)
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

  /// The parameters of `backwardFromPool` that its loops share.
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
      var places = pass.winners.places + run.word
      for _ in 0..<run.count {
        let dz = Value.load(gradient, at: 0, width: width) * gradientScale
        let place = places.pointee
        let dx0 = factors.gradient(taken(dz, place, bit: 0), x: Value.load(above, at: 0, width: width))
        let dx1 = factors.gradient(taken(dz, place, bit: 1), x: Value.load(above, at: right, width: width))
        let dx2 = factors.gradient(taken(dz, place, bit: 2), x: Value.load(below, at: 0, width: width))
        let dx3 = factors.gradient(taken(dz, place, bit: 3), x: Value.load(below, at: right, width: width))
        Value.store(dx0, gradientAbove, at: 0, width: width)
        Value.store(dx1, gradientAbove, at: right, width: width)
        Value.store(dx2, gradientBelow, at: 0, width: width)
        Value.store(dx3, gradientBelow, at: right, width: width)
        above += 2 &* right &* size
        below += 2 &* right &* size
        gradientAbove += 2 &* right &* size
        gradientBelow += 2 &* right &* size
        gradient += right &* size
        places += wordsRight
      }
    }
    if run.width == 8 { windows(width: 8) } else { windows(width: run.width) }
  }

  /// The gradient of x in rows and columns that fill no window, which comes from the statistics alone.
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

  /// Eight channels of a row of windows. Offsets count values.
  private struct WindowRun {
    let count: Int
    /// The first window's upper left value, from the lane's first, and that of y.
    let input: Int
    let output: Int
    /// From a pixel to its neighbours.
    let right: Int
    let down: Int
    /// The number of the first vector in its plane, as `DropoutMask` counts.
    let firstVector: Int
    /// Where the first window's places are.
    let word: Int
    let channel: Int
    let width: Int
  }

  private func forEachRun(ofPlane plane: Int, _ body: (WindowRun) -> Void) {
    let (block, pooled) = (shape.block, pooledShape)
    for y in 0..<pooled.height {
      let outputPixel = plane * pooled.pixelCount + y * pooled.width
      let inputPixel = 2 * y * shape.width
      for number in 0..<vectorsPerPixel {
        let channel = number * 8
        body(
          WindowRun(
            count: pooled.width, input: plane * shape.planeElementCount + inputPixel * block + channel,
            output: outputPixel * block + channel, right: block, down: shape.width * block,
            firstVector: number * shape.pixelCount + inputPixel, word: outputPixel * vectorsPerPixel + number,
            channel: plane % shape.planeCount * block + channel, width: min(8, block - channel)))
      }
    }
  }

  /// What turns x and its part of the gradient of z into the gradient of x, for eight channels.
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

/// What dropout keeps of the two rows of a row of windows, from the left.
private protocol WindowRows {
  var scale: Float { get }
  mutating func keptAbove(_ values: Vector) -> Vector
  mutating func keptBelow(_ values: Vector) -> Vector
}

private struct DropoutRows: WindowRows {
  var above: DropoutMask.Cursor
  var below: DropoutMask.Cursor
  let scale: Float

  @inline(__always)
  mutating func keptAbove(_ values: Vector) -> Vector { above.kept(values) }
  @inline(__always)
  mutating func keptBelow(_ values: Vector) -> Vector { below.kept(values) }
}

private struct KeepAll: WindowRows {
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
  /// Which of the window's values it is: one bit.
  var place = SIMD8<UInt32>(repeating: 1)

  @inline(__always)
  mutating func meet(z: Vector, x: Vector, place: UInt32) {
    let isLarger = z .> self.z
    self.z.replace(with: z, where: isLarger)
    self.x.replace(with: x, where: isLarger)
    self.place.replace(with: SIMD8(repeating: place), where: isLarger)
  }

  /// The largest value is 0 where none is positive, and then comes from nowhere.
  @inline(__always)
  mutating func rectify() {
    place.replace(with: SIMD8(), where: z .<= 0)
    z = rectified(z)
  }

  /// Four bits for each channel, the first channel's lowest.
  @inline(__always)
  var packedPlaces: UInt32 {
    let shifted = place &<< SIMD8(0, 4, 8, 12, 16, 20, 24, 28)
    let quarters = shifted.lowHalf | shifted.highHalf
    let halves = quarters.lowHalf | quarters.highHalf
    return halves.x | halves.y
  }
}

/// The larger of each lane.
@inline(__always)
func largest(_ first: Vector, _ second: Vector) -> Vector {
  first.replacing(with: second, where: second .> first)
}

/// The places of eight channels from their word.
@inline(__always)
private func unpacked(_ places: UInt32) -> SIMD8<UInt32> {
  SIMD8(repeating: places) &>> SIMD8(0, 4, 8, 12, 16, 20, 24, 28) & 15
}

/// `values` where the channel's places have bit number `bit`, else 0.
@inline(__always)
private func taken(_ values: Vector, _ places: UInt32, bit: UInt32) -> Vector {
  let signs = SIMD8<UInt32>(repeating: places) &<< (SIMD8<UInt32>(31, 27, 23, 19, 15, 11, 7, 3) &- bit)
  let mask = unsafeBitCast(unsafeBitCast(signs, to: SIMD8<Int32>.self) &>> 31, to: SIMD8<UInt32>.self)
  return unsafeBitCast(unsafeBitCast(values, to: SIMD8<UInt32>.self) & mask, to: Vector.self)
}
