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
    let rowVectors = shape.width * vectorsPerPixel
    let wordCount = pass.dropout?.wordCount(vectors: rowVectors) ?? 0
    withUnsafeTemporaryAllocation(of: SIMD8<UInt32>.self, capacity: 2 * max(1, wordCount)) { words in
      guard let words = words.baseAddress else { return }
      for plane in 0..<images * shape.planeCount {
        for y in 0..<pooledShape.height {
          let rows = pass.dropout.map { mask in
            let number = pass.firstImage * shape.planeCount + plane
            let above = 2 * y * rowVectors
            return DropoutRows(
              above: .init(mask, plane: number, vectors: above..<above + rowVectors, words: words),
              below: .init(
                mask, plane: number, vectors: above + rowVectors..<above + 2 * rowVectors, words: words + wordCount),
              scale: mask.scale)
          }
          forEachRun(ofPlane: plane, row: y) { run in
            switch (pass.winners, rows) {
            case (let winners?, let rows?): learn(type, pass, winners, run, rows)
            case (let winners?, nil): learn(type, pass, winners, run, KeepAll())
            case (nil, _): read(type, pass, run)
            }
          }
        }
      }
    }
  }

  /// One run of windows of `applyAndPool`, in training.
  private func learn<Value: Element, Rows: WindowRows>(
    _: Value.Type, _ pass: PoolingPass, _ winners: Winners, _ run: WindowRun, _ rows: Rows
  ) {
    let (right, down) = (shape.block, shape.width &* shape.block)
    let (vectorsRight, vectorsDown) = (vectorsPerPixel, shape.width &* vectorsPerPixel)
    let scale = Float.load(scale, at: run.channel, width: run.width) * rows.scale
    let shift = Float.load(shift, at: run.channel, width: run.width) * rows.scale
    let hasReLU = hasReLU
    @inline(__always)
    func windows(width: Int) {
      for number in 0..<run.count {
        let (input, vector) = (run.input &+ number &* 2 &* right, run.vector &+ number &* 2 &* vectorsRight)
        let x0 = Value.load(pass.input, at: input, width: width)
        let x1 = Value.load(pass.input, at: input &+ right, width: width)
        let x2 = Value.load(pass.input, at: input &+ down, width: width)
        let x3 = Value.load(pass.input, at: input &+ down &+ right, width: width)
        var winner = Winner(z: rows.keptAbove(x0 * scale + shift, vector), x: x0)
        winner.meet(z: rows.keptAbove(x1 * scale + shift, vector &+ vectorsRight), x: x1, place: 2)
        let below = vector &+ vectorsDown
        winner.meet(z: rows.keptBelow(x2 * scale + shift, below), x: x2, place: 4)
        winner.meet(z: rows.keptBelow(x3 * scale + shift, below &+ vectorsRight), x: x3, place: 8)
        if hasReLU { winner.rectify() }
        let output = run.output &+ number &* right
        Value.store(winner.z, pass.output, at: output, width: width)
        Value.store(winner.x, winners.inputs, at: output, width: width)
        winners.places[run.word &+ number &* vectorsRight] = winner.packedPlaces
      }
    }
    if run.width == 8 { windows(width: 8) } else { windows(width: run.width) }
  }

  /// One run of windows of `applyAndPool`, in inference.
  private func read<Value: Element>(_: Value.Type, _ pass: PoolingPass, _ run: WindowRun) {
    let (right, down) = (shape.block, shape.width &* shape.block)
    let scale = Float.load(scale, at: run.channel, width: run.width)
    let shift = Float.load(shift, at: run.channel, width: run.width)
    let hasReLU = hasReLU
    @inline(__always)
    func windows(width: Int) {
      for number in 0..<run.count {
        let input = run.input &+ number &* 2 &* right
        let z0 = Value.load(pass.input, at: input, width: width) * scale + shift
        let z1 = Value.load(pass.input, at: input &+ right, width: width) * scale + shift
        let z2 = Value.load(pass.input, at: input &+ down, width: width) * scale + shift
        let z3 = Value.load(pass.input, at: input &+ down &+ right, width: width) * scale + shift
        let y = largest(largest(z0, z1), largest(z2, z3))
        Value.store(hasReLU ? rectified(y) : y, pass.output, at: run.output &+ number &* right, width: width)
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
      for y in 0..<pooledShape.height { forEachRun(ofPlane: plane, row: y) { unpool(type, pass, $0) } }
      clearOutsideWindows(type, pass, plane: plane)
    }
  }

  /// One run of windows of `backwardFromPool`.
  private func unpool<Value: Element>(_: Value.Type, _ pass: UnpoolingPass, _ run: WindowRun) {
    let (right, down, wordsRight) = (shape.block, shape.width &* shape.block, vectorsPerPixel)
    let factors = GradientFactors(self, channel: run.channel, width: run.width)
    let gradientScale =
      Float.load(gradientScale, at: run.channel, width: run.width) * pass.dropoutScale
    @inline(__always)
    func windows(width: Int) {
      for number in 0..<run.count {
        let input = run.input &+ number &* 2 &* right
        let dz = Value.load(pass.gradient, at: run.output &+ number &* right, width: width) * gradientScale
        let places = pass.winners.places[run.word &+ number &* wordsRight]
        let x0 = Value.load(pass.input, at: input, width: width)
        let x1 = Value.load(pass.input, at: input &+ right, width: width)
        let x2 = Value.load(pass.input, at: input &+ down, width: width)
        let x3 = Value.load(pass.input, at: input &+ down &+ right, width: width)
        let dx0 = factors.gradient(taken(dz, places, bit: 0), x: x0)
        let dx1 = factors.gradient(taken(dz, places, bit: 1), x: x1)
        let dx2 = factors.gradient(taken(dz, places, bit: 2), x: x2)
        let dx3 = factors.gradient(taken(dz, places, bit: 3), x: x3)
        Value.store(dx0, pass.inputGradient, at: input, width: width)
        Value.store(dx1, pass.inputGradient, at: input &+ right, width: width)
        Value.store(dx2, pass.inputGradient, at: input &+ down, width: width)
        Value.store(dx3, pass.inputGradient, at: input &+ down &+ right, width: width)
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

  /// Eight channels of a row of windows.
  private struct WindowRun {
    let count: Int
    /// The first window's upper left value, counted from the lane's first, and that of y.
    let input: Int
    let output: Int
    /// The number of the first vector in its plane, as `DropoutMask` counts.
    let vector: Int
    /// Where the first window's places are.
    let word: Int
    let channel: Int
    let width: Int
  }

  @inline(__always)
  private func forEachRun(ofPlane plane: Int, row y: Int, _ body: (WindowRun) -> Void) {
    let (block, pooled) = (shape.block, pooledShape)
    let outputPixel = plane * pooled.pixelCount + y * pooled.width
    let inputPixel = 2 * y * shape.width
    for number in 0..<vectorsPerPixel {
      let channel = number * 8
      body(
        WindowRun(
          count: pooled.width, input: plane * shape.planeElementCount + inputPixel * block + channel,
          output: outputPixel * block + channel, vector: inputPixel * vectorsPerPixel + number,
          word: outputPixel * vectorsPerPixel + number, channel: plane % shape.planeCount * block + channel,
          width: min(8, block - channel)))
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

/// What dropout keeps of the two rows of a row of windows.
private protocol WindowRows {
  var scale: Float { get }
  func keptAbove(_ values: Vector, _ vector: Int) -> Vector
  func keptBelow(_ values: Vector, _ vector: Int) -> Vector
}

private struct DropoutRows: WindowRows {
  let above: DropoutMask.Run
  let below: DropoutMask.Run
  let scale: Float

  @inline(__always)
  func keptAbove(_ values: Vector, _ vector: Int) -> Vector { above.kept(values, vector: vector) }
  @inline(__always)
  func keptBelow(_ values: Vector, _ vector: Int) -> Vector { below.kept(values, vector: vector) }
}

private struct KeepAll: WindowRows {
  var scale: Float { 1 }
  @inline(__always)
  func keptAbove(_ values: Vector, _: Int) -> Vector { values }
  @inline(__always)
  func keptBelow(_ values: Vector, _: Int) -> Vector { values }
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

@inline(__always)
private func largest(_ first: Vector, _ second: Vector) -> Vector {
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
