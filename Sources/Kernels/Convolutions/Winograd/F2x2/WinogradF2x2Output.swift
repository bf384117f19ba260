extension WinogradF2x2 {
  func transformOutput(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, epilogue: WinogradEpilogue,
    into result: UnsafeMutableRawPointer
  ) {
    // z of one tile's outputs: [4, output channels]
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 4 * output.shape.channels) { scratch in
      guard let scratch = scratch.baseAddress else { return }
      switch precision {
      case .float32:
        transformOutput(Float.self, products, stride: stride, rows: rows, epilogue, scratch: scratch, into: result)
      case .bfloat16:
        transformOutput(BFloat16.self, products, stride: stride, rows: rows, epilogue, scratch: scratch, into: result)
      }
    }
  }

  private func transformOutput<Value: Element>(
    _ type: Value.Type, _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, _ epilogue: WinogradEpilogue,
    scratch: UnsafeMutablePointer<Float>, into result: UnsafeMutableRawPointer
  ) {
    let tileByteCount = output.shape.channels * MemoryLayout<Float>.size
    var address = UnsafeRawPointer(products)
    for row in rows {
      let (image, tileRow) = row.quotientAndRemainder(dividingBy: output.rowCount)
      for column in 0..<output.columnCount {
        // In two loops: in one, Swift 6.3 compiles the sums one number at a time.
        normalize(address, matrixByteCount: stride * tileByteCount, epilogue, into: scratch)
        let tile = Tile(image: image, y: 2 * tileRow, x: 2 * column)
        if epilogue.pools {
          pool(type, scratch, tile, epilogue, into: result)
        } else {
          store(type, scratch, tile, epilogue, into: result)
        }
        address += tileByteCount
      }
    }
  }

  /// One tile's first output.
  private struct Tile {
    let image: Int
    let y: Int
    let x: Int
  }

  /// z of the four outputs of a tile.
  /// - Parameters:
  ///   - products: The first of the tile's 16 numbers of M: [output channels].
  ///   - matrixByteCount: From one of them to the next.
  ///   - result: [4, output channels]
  private func normalize(
    _ products: UnsafeRawPointer, matrixByteCount: Int, _ epilogue: WinogradEpilogue,
    into result: UnsafeMutablePointer<Float>
  ) {
    let byteCount = output.shape.channels &* MemoryLayout<Float>.size
    let (scales, shifts) = (UnsafeRawPointer(epilogue.scale), UnsafeRawPointer(epilogue.shift))
    let result = UnsafeMutableRawPointer(result)
    var offset = 0
    while offset < byteCount {
      let address = products + offset
      @inline(__always)
      func column(_ number: Int) -> (Vector, Vector) {
        WinogradF2x2Line.load(address + number &* matrixByteCount, step: 4 &* matrixByteCount).output
      }
      let (a, b, c, d) = (column(0), column(1), column(2), column(3))
      let above = WinogradF2x2Line(a: a.0, b: b.0, c: c.0, d: d.0).output
      let below = WinogradF2x2Line(a: a.1, b: b.1, c: c.1, d: d.1).output
      let (scale, shift) = (Float.load(scales + offset), Float.load(shifts + offset))
      Float.store(above.0 * scale + shift, result + offset)
      Float.store(above.1 * scale + shift, result + (byteCount &+ offset))
      Float.store(below.0 * scale + shift, result + (2 &* byteCount &+ offset))
      Float.store(below.1 * scale + shift, result + (3 &* byteCount &+ offset))
      offset &+= MemoryLayout<Vector>.size
    }
  }

  /// Stores the largest of a tile's outputs.
  private func pool<Value: Element>(
    _: Value.Type, _ outputs: UnsafePointer<Float>, _ tile: Tile, _ epilogue: WinogradEpilogue,
    into result: UnsafeMutableRawPointer
  ) {
    let pooled = output.shape.pooled(by: 2)
    let first = tile.image * pooled.elementCount + (tile.y / 2 * pooled.width + tile.x / 2) * pooled.block
    let (channels, hasReLU) = (pooled.channels, epilogue.hasReLU)
    forEachVector(ofPixelIn: pooled) { channel, offset in
      let z = outputs + channel
      let y = largest(
        largest(Float.load(z), Float.load(z + channels)),
        largest(Float.load(z + 2 &* channels), Float.load(z + 3 &* channels)))
      Value.store(hasReLU ? rectified(y) : y, result + (first &+ offset) &* MemoryLayout<Value>.size)
    }
  }

  /// Stores a tile's four outputs, except those beyond the plane.
  private func store<Value: Element>(
    _: Value.Type, _ outputs: UnsafePointer<Float>, _ tile: Tile, _ epilogue: WinogradEpilogue,
    into result: UnsafeMutableRawPointer
  ) {
    let (shape, hasReLU, residual) = (output.shape, epilogue.hasReLU, epilogue.residual)
    for number in 0..<4 {
      let (y, x) = (tile.y + number / 2, tile.x + number % 2)
      guard y < shape.height && x < shape.width else { continue }
      let first = tile.image * shape.elementCount + (y * shape.width + x) * shape.block
      forEachVector(ofPixelIn: shape) { channel, offset in
        let byteOffset = (first &+ offset) &* MemoryLayout<Value>.size
        var z = Float.load(outputs + (number &* shape.channels &+ channel))
        if let residual { z += Value.load(residual + byteOffset) }
        Value.store(hasReLU ? rectified(z) : z, result + byteOffset)
      }
    }
  }

  /// Calls `body` for each eight channels of a pixel, with their offset from the pixel's first.
  @inline(__always)
  private func forEachVector(ofPixelIn shape: ActivationShape, _ body: (_ channel: Int, _ offset: Int) -> Void) {
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
