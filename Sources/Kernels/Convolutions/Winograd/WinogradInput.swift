extension WinogradTiles {
  func surround(
    _ source: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    stride: Int
  ) {
    switch precision {
    case .float32: surround(Float.self, source, rows: rows, zeros: zeros, into: result, stride: stride)
    case .bfloat16: surround(BFloat16.self, source, rows: rows, zeros: zeros, into: result, stride: stride)
    }
  }

  private func surround<Value: WinogradValue>(
    _: Value.Type, _ source: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer,
    into result: UnsafeMutableRawPointer, stride: Int
  ) {
    let size = MemoryLayout<Value>.size
    for (number, row) in rows.enumerated() {
      let (image, top) = (row / tileRows, row % tileRows * 2 - 1)
      for plane in 0..<input.planeCount {
        let start = source + (image * input.elementCount + plane * input.planeElementCount) * size
        func address(_ y: Int) -> UnsafeRawPointer {
          0..<input.height ~= y ? start + y * input.width * input.block * size : zeros
        }
        let lines = InputLines(
          first: address(top), second: address(top + 1), third: address(top + 2), fourth: address(top + 3))
        for firstTile in Swift.stride(from: 0, to: tilesAcross, by: Self.runLength) {
          let tiles = firstTile..<min(firstTile + Self.runLength, tilesAcross)
          for channel in Swift.stride(from: 0, to: input.block, by: 8) {
            let first = (number * tilesAcross + firstTile) * input.channels + plane * input.block + channel
            surround(
              Value.self, lines, channel: channel, tiles: tiles, into: result + first * size,
              planeByteCount: stride * input.channels * size)
          }
        }
      }
    }
  }

  /// Four lines of an input plane.
  private struct InputLines {
    let first: UnsafeRawPointer
    let second: UnsafeRawPointer
    let third: UnsafeRawPointer
    let fourth: UnsafeRawPointer
  }

  /// So many tiles at a time that what is written of all their channels stays in the first cache.
  private static let runLength = 16

  /// Eight channels of a run of tiles.
  /// - Parameter planeByteCount: From one of a tile's 16 numbers to the next.
  private func surround<Value: WinogradValue>(
    _: Value.Type, _ lines: InputLines, channel: Int, tiles: Range<Int>, into result: UnsafeMutableRawPointer,
    planeByteCount: Int
  ) {
    let size = MemoryLayout<Value>.size
    let (width, pixelByteCount, tileByteCount) = (input.width, input.block &* size, input.channels &* size)
    @inline(__always)
    func column(_ x: Int) -> TileColumn {
      guard 0 <= x && x < width else { return TileColumn() }
      let offset = x &* pixelByteCount &+ channel &* size
      return .differences(
        Value.load(lines.first + offset), Value.load(lines.second + offset), Value.load(lines.third + offset),
        Value.load(lines.fourth + offset))
    }
    @inline(__always)
    func store(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, _ address: UnsafeMutableRawPointer) {
      let row = TileColumn.differences(a, b, c, d)
      Value.storeSum(row.a, address)
      Value.storeSum(row.b, address + planeByteCount)
      Value.storeSum(row.c, address + 2 &* planeByteCount)
      Value.storeSum(row.d, address + 3 &* planeByteCount)
    }
    var (first, second) = (column(2 &* tiles.lowerBound &- 1), column(2 &* tiles.lowerBound))
    var address = result
    for tile in tiles {
      let (third, fourth) = (column(2 &* tile &+ 1), column(2 &* tile &+ 2))
      store(first.a, second.a, third.a, fourth.a, address)
      store(first.b, second.b, third.b, fourth.b, address + 4 &* planeByteCount)
      store(first.c, second.c, third.c, fourth.c, address + 8 &* planeByteCount)
      store(first.d, second.d, third.d, fourth.d, address + 12 &* planeByteCount)
      (first, second) = (third, fourth)
      address += tileByteCount
    }
  }
}

/// A value of an activation, and of the sums of a few of them.
protocol WinogradValue: Element {
  /// Stores a sum of loaded values.
  static func storeSum(_ vector: Vector, _ address: UnsafeMutableRawPointer)
}

extension Float: WinogradValue {
  @inline(__always)
  static func storeSum(_ vector: Vector, _ address: UnsafeMutableRawPointer) { store(vector, address) }
}

extension BFloat16: WinogradValue {
  /// As `store`, which takes care of every not-a-number: those that come of bfloat16 numbers have no bits in their lower
  /// half, so that rounding leaves them what they are.
  @inline(__always)
  static func storeSum(_ vector: Vector, _ address: UnsafeMutableRawPointer) {
    let bits = unsafeBitCast(vector, to: SIMD8<UInt32>.self)
    let rounded = bits &+ 0x7FFF &+ ((bits &>> 16) & 1)
    address.storeBytes(of: unsafeBitCast(rounded, to: SIMD16<UInt16>.self).oddHalf, as: SIMD8<UInt16>.self)
  }
}
