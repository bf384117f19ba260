extension BatchNorm {
  /// Overwrites the lane's sums of (x - center) and of its square, over images and pixels.
  /// - Parameters:
  ///   - input: [images, shape]
  ///   - center: [channels]; the running mean, a value near each channel's mean, so that the squares do not cancel.
  package func sumInput(lane: Int, input: UnsafeRawPointer, images: Int, center: UnsafePointer<Float>) {
    let sums = sums(lane: lane)
    sums.update(repeating: 0, count: 2 * shape.channels)
    switch precision {
    case .float32: sumInput(Float.self, input, images: images, center: center, sums: sums)
    case .bfloat16: sumInput(BFloat16.self, input, images: images, center: center, sums: sums)
    }
  }

  private func sumInput<Value: Element>(
    _: Value.Type, _ input: UnsafeRawPointer, images: Int, center: UnsafePointer<Float>,
    sums: UnsafeMutablePointer<Double>
  ) {
    let block = shape.block
    shape.forEachTile(ofImages: images) { offset, pixels, _, _, channel, width in
      let center = Float.load(center, at: channel, width: width)
      var (sum, sumOfSquares) = (Vector(), Vector())
      for pixel in 0..<pixels {
        let x = Value.load(input, at: offset &+ pixel &* block, width: width) - center
        sum += x
        sumOfSquares += x * x
      }
      add(sum, sumOfSquares, to: sums, channel: channel, width: width)
    }
  }

  /// Adds a tile's sums to the lane's.
  @inline(__always)
  func add(_ first: Vector, _ second: Vector, to sums: UnsafeMutablePointer<Double>, channel: Int, width: Int) {
    for index in 0..<width {
      sums[channel &+ index] += Double(first[index])
      sums[shape.channels &+ channel &+ index] += Double(second[index])
    }
  }

  /// Overwrites `output` with y. It may be the same memory as `residual`, and in inference as `input`.
  /// - Parameters:
  ///   - input, residual, output: [images, shape]
  ///   - dropout: nil keeps everything.
  ///   - firstImage: The index in the batch of the lane's first image; dropout depends on it.
  package func apply(
    input: UnsafeRawPointer, residual: UnsafeRawPointer?, output: UnsafeMutableRawPointer, images: Int,
    dropout: DropoutMask?, firstImage: Int
  ) {
    switch precision {
    case .float32:
      apply(Float.self, input, residual, output, images: images, dropout: dropout, firstImage: firstImage)
    case .bfloat16:
      apply(BFloat16.self, input, residual, output, images: images, dropout: dropout, firstImage: firstImage)
    }
  }

  private func apply<Value: Element>(
    _: Value.Type, _ input: UnsafeRawPointer, _ residual: UnsafeRawPointer?, _ output: UnsafeMutableRawPointer,
    images: Int, dropout: DropoutMask?, firstImage: Int
  ) {
    precondition((residual != nil) == hasResidual)
    // Fields of an object are read again after every store; local constants are not.
    let (hasReLU, scale, shift) = (hasReLU, scale, shift)
    // A function, since closures cannot be forced inline, and a call for every vector takes longer than its work.
    @inline(__always)
    func applyVector(_ offset: Int, _ channel: Int, _ width: Int, _ factors: Vector?) {
      let x = Value.load(input, at: offset, width: width)
      var y = x * Float.load(scale, at: channel, width: width) + Float.load(shift, at: channel, width: width)
      if let factors { y *= factors }
      if let residual { y += Value.load(residual, at: offset, width: width) }
      if hasReLU { y = rectified(y) }
      Value.store(y, output, at: offset, width: width)
    }
    guard let dropout else {
      return forEachActivation(ofImages: images) { applyVector($0, $1, $2, nil) }
    }
    let block = shape.block
    forEachTile(ofImages: images, dropout, firstImage: firstImage) { offset, pixels, channel, width, mask in
      var mask = mask
      for pixel in 0..<pixels { applyVector(offset &+ pixel &* block, channel, width, mask.factors()) }
    }
  }

  /// Calls `body` for every tile, with a cursor at what dropout does to its first vector.
  @inline(__always)
  func forEachTile(
    ofImages images: Int, _ dropout: DropoutMask, firstImage: Int,
    _ body: (_ offset: Int, _ pixels: Int, _ channel: Int, _ width: Int, _ mask: DropoutMask.Cursor) -> Void
  ) {
    let (firstPlane, pixelCount, block) = (firstImage * shape.planeCount, shape.pixelCount, shape.block)
    DropoutMask.withWords(for: dropout, vectors: ActivationShape.tilePixelsMax) { words in
      shape.forEachTile(ofImages: images) { offset, pixels, plane, firstPixel, channel, width in
        let first = channel % block / 8 * pixelCount + firstPixel
        let run = DropoutMask.Run(
          dropout, plane: firstPlane + plane, vectors: first..<first + pixels, words: words)
        body(offset, pixels, channel, width, run.cursor(at: first))
      }
    }
  }

  /// Calls `body` for every vector of the images, in memory order.
  @inline(__always)
  func forEachActivation(ofImages images: Int, _ body: (_ offset: Int, _ channel: Int, _ width: Int) -> Void) {
    let (block, planeCount, pixelCount) = (shape.block, shape.planeCount, shape.pixelCount)
    for plane in 0..<images &* planeCount {
      let (start, firstChannel) = (plane &* shape.planeElementCount, plane % planeCount &* block)
      forEachVector(ofPlane: pixelCount, block: block) { offset, channel, width in
        body(start &+ offset, firstChannel &+ channel, width)
      }
    }
  }
}
