extension WinogradTiles {
  func finish(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, ending: WinogradEnding,
    into result: UnsafeMutableRawPointer
  ) {
    // z of the outputs of one tile: [4, output channels]
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 4 * output.channels) { scratch in
      guard let scratch = scratch.baseAddress else { return }
      switch precision {
      case .float32:
        finish(Float.self, products, stride: stride, rows: rows, ending: ending, scratch: scratch, into: result)
      case .bfloat16:
        finish(BFloat16.self, products, stride: stride, rows: rows, ending: ending, scratch: scratch, into: result)
      }
    }
  }

  private func finish<Value: Element>(
    _: Value.Type, _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, ending: WinogradEnding,
    scratch: UnsafeMutablePointer<Float>, into result: UnsafeMutableRawPointer
  ) {
    let planeByteCount = stride * output.channels * MemoryLayout<Float>.size
    var tile = UnsafeRawPointer(products)
    for row in rows {
      for column in 0..<tilesAcross {
        // In two loops: in one, Swift 6.3 compiles the sums one number at a time.
        sum(tile, planeByteCount: planeByteCount, ending, into: scratch)
        let place = TilePlace(image: row / tileRows, row: row % tileRows, column: column)
        if ending.pools {
          pool(Value.self, scratch, place, ending, into: result)
        } else {
          spread(Value.self, scratch, place, ending, into: result)
        }
        tile += output.channels * MemoryLayout<Float>.size
      }
    }
  }

  private struct TilePlace {
    let image: Int
    let row: Int
    let column: Int
  }

  /// z of the four outputs of a tile.
  /// - Parameters:
  ///   - products: The first of the tile's 16 sums: [output channels].
  ///   - planeByteCount: From one of the sums to the next.
  ///   - result: [4, output channels]
  private func sum(
    _ products: UnsafeRawPointer, planeByteCount: Int, _ ending: WinogradEnding,
    into result: UnsafeMutablePointer<Float>
  ) {
    let byteCount = output.channels &* MemoryLayout<Float>.size
    let (scales, shifts) = (UnsafeRawPointer(ending.scale), UnsafeRawPointer(ending.shift))
    let result = UnsafeMutableRawPointer(result)
    var offset = 0
    while offset < byteCount {
      let address = products + offset
      @inline(__always)
      func column(_ number: Int) -> (above: Vector, below: Vector) {
        let a = Float.load(address + number &* planeByteCount)
        let b = Float.load(address + (4 &+ number) &* planeByteCount)
        let c = Float.load(address + (8 &+ number) &* planeByteCount)
        let d = Float.load(address + (12 &+ number) &* planeByteCount)
        return (a + b + c, b - c - d)
      }
      let (first, second, third, fourth) = (column(0), column(1), column(2), column(3))
      let (scale, shift) = (Float.load(scales + offset), Float.load(shifts + offset))
      @inline(__always)
      func store(_ sum: Vector, _ number: Int) {
        Float.store(sum * scale + shift, result + (number &* byteCount &+ offset))
      }
      store(first.above + second.above + third.above, 0)
      store(second.above - third.above - fourth.above, 1)
      store(first.below + second.below + third.below, 2)
      store(second.below - third.below - fourth.below, 3)
      offset &+= MemoryLayout<Vector>.size
    }
  }

  /// The largest of a tile's outputs.
  private func pool<Value: Element>(
    _: Value.Type, _ outputs: UnsafePointer<Float>, _ place: TilePlace, _ ending: WinogradEnding,
    into result: UnsafeMutableRawPointer
  ) {
    let pooled = output.pooled(by: 2)
    let first = place.image * pooled.elementCount + (place.row * pooled.width + place.column) * pooled.block
    let (channels, hasReLU) = (output.channels, ending.hasReLU)
    forEachVector(of: pooled) { channel, offset in
      let z = outputs + channel
      let y = largest(
        largest(Float.load(z), Float.load(z + channels)),
        largest(Float.load(z + 2 &* channels), Float.load(z + 3 &* channels)))
      Value.store(hasReLU ? rectified(y) : y, result + (first &+ offset) &* MemoryLayout<Value>.size)
    }
  }

  /// A tile's four outputs, but for those below and beyond the plane.
  private func spread<Value: Element>(
    _: Value.Type, _ outputs: UnsafePointer<Float>, _ place: TilePlace, _ ending: WinogradEnding,
    into result: UnsafeMutableRawPointer
  ) {
    let (channels, hasReLU, residual) = (output.channels, ending.hasReLU, ending.residual)
    for number in 0..<4 {
      let (y, x) = (2 * place.row + number / 2, 2 * place.column + number % 2)
      guard y < output.height && x < output.width else { continue }
      let first = place.image * output.elementCount + (y * output.width + x) * output.block
      forEachVector(of: output) { channel, offset in
        let byteOffset = (first &+ offset) &* MemoryLayout<Value>.size
        var z = Float.load(outputs + (number &* channels &+ channel))
        if let residual { z += Value.load(residual + byteOffset) }
        Value.store(hasReLU ? rectified(z) : z, result + byteOffset)
      }
    }
  }

  /// Calls `body` for each eight channels of a pixel, with their offset from the pixel's first.
  @inline(__always)
  private func forEachVector(of shape: ActivationShape, _ body: (_ channel: Int, _ offset: Int) -> Void) {
    var channel = 0
    for plane in 0..<shape.planeCount {
      var inBlock = 0
      while inBlock < shape.block {
        body(channel, plane &* shape.planeElementCount &+ inBlock)
        channel &+= 8
        inBlock &+= 8
      }
    }
  }
}
