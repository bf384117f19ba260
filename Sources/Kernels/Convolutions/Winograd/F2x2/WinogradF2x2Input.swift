extension WinogradF2x2 {
  func transformInput(
    _ source: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    stride: Int
  ) {
    let size = precision.byteCount
    // So few tiles that what is written for all their channels stays in the first-level cache.
    input.forEachRun(of: rows, length: 16, channelCount: 8) { run in
      func line(_ y: Int) -> UnsafeRawPointer {
        input.line(y, of: run, in: source, or: zeros, valueByteCount: size)
      }
      let lines = (line(run.y - 1), line(run.y), line(run.y + 1), line(run.y + 2))
      let (matrix, matrixByteCount) = (result + run.matrixOffset * size, stride * input.shape.channels * size)
      switch precision {
      case .float32:
        transformRun(Float.self, lines, tiles: run.columns, into: matrix, matrixByteCount: matrixByteCount)
      case .bfloat16:
        transformRun(BFloat16.self, lines, tiles: run.columns, into: matrix, matrixByteCount: matrixByteCount)
      }
    }
  }

  /// - Parameters:
  ///   - lines: The four rows of inputs.
  ///   - matrixByteCount: From one of a tile's 16 numbers to the next.
  private func transformRun<Value: WinogradValue>(
    _: Value.Type, _ lines: (UnsafeRawPointer, UnsafeRawPointer, UnsafeRawPointer, UnsafeRawPointer),
    tiles: Range<Int>, into result: UnsafeMutableRawPointer, matrixByteCount: Int
  ) {
    let (size, shape) = (MemoryLayout<Value>.size, input.shape)
    let (width, pixelByteCount, tileByteCount) = (shape.width, shape.block &* size, shape.channels &* size)
    @inline(__always)
    func column(_ x: Int) -> WinogradF2x2Line {
      guard 0 <= x && x < width else { return WinogradF2x2Line() }
      let offset = x &* pixelByteCount
      return .input(
        Value.load(lines.0 + offset), Value.load(lines.1 + offset), Value.load(lines.2 + offset),
        Value.load(lines.3 + offset))
    }
    @inline(__always)
    func store(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, _ address: UnsafeMutableRawPointer) {
      let row = WinogradF2x2Line.input(a, b, c, d)
      Value.storeSum(row.a, address)
      Value.storeSum(row.b, address + matrixByteCount)
      Value.storeSum(row.c, address + 2 &* matrixByteCount)
      Value.storeSum(row.d, address + 3 &* matrixByteCount)
    }
    var (a, b) = (column(2 &* tiles.lowerBound &- 1), column(2 &* tiles.lowerBound))
    var address = result
    for tile in tiles {
      let (c, d) = (column(2 &* tile &+ 1), column(2 &* tile &+ 2))
      store(a.a, b.a, c.a, d.a, address)
      store(a.b, b.b, c.b, d.b, address + 4 &* matrixByteCount)
      store(a.c, b.c, c.c, d.c, address + 8 &* matrixByteCount)
      store(a.d, b.d, c.d, d.d, address + 12 &* matrixByteCount)
      (a, b) = (c, d)
      address += tileByteCount
    }
  }
}

/// An activation's value, and the sum of a few of them.
protocol WinogradValue: Element {
  /// Stores a sum of loaded values.
  static func storeSum(_ vector: Vector, _ address: UnsafeMutableRawPointer)
}

extension Float: WinogradValue {
  @inline(__always)
  static func storeSum(_ vector: Vector, _ address: UnsafeMutableRawPointer) { store(vector, address) }
}

extension BFloat16: WinogradValue {
  /// As `store`, but without its care for NaN: a NaN that comes from bfloat16 numbers has no bits in its lower half, so
  /// rounding leaves it as it is.
  @inline(__always)
  static func storeSum(_ vector: Vector, _ address: UnsafeMutableRawPointer) {
    let bits = unsafeBitCast(vector, to: SIMD8<UInt32>.self)
    let rounded = bits &+ 0x7FFF &+ ((bits &>> 16) & 1)
    address.storeBytes(of: unsafeBitCast(rounded, to: SIMD16<UInt16>.self).oddHalf, as: SIMD8<UInt16>.self)
  }
}
