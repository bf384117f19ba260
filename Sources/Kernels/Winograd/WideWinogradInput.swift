extension WideWinogradTiles {
  /// B' d B of every tile of some rows.
  /// - Parameters:
  ///   - source: [images, shape]
  ///   - zeros: At least `shape.width * shape.block` of them, for the rows above and below an image.
  ///   - result: [36, `stride`, channels]; the tiles' numbers are overwritten.
  func surround(
    _ source: UnsafePointer<Float>, rows: Range<Int>, zeros: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    if shape.block % 16 == 0 {
      surround(SIMD16<Float>.self, source, rows: rows, zeros: zeros, into: result, stride: stride)
    } else {
      surround(SIMD8<Float>.self, source, rows: rows, zeros: zeros, into: result, stride: stride)
    }
  }

  private func surround<Numbers: WideNumbers>(
    _ type: Numbers.Type, _ source: UnsafePointer<Float>, rows: Range<Int>, zeros: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let planeByteCount = stride * shape.channels * MemoryLayout<Float>.size
    for (number, row) in rows.enumerated() {
      let (image, y) = place(ofRow: row)
      for plane in 0..<shape.planeCount {
        let start = source + image * shape.elementCount + plane * shape.planeElementCount
        func line(_ y: Int) -> UnsafeRawPointer {
          UnsafeRawPointer(0..<shape.height ~= y ? start + y * shape.width * shape.block : zeros)
        }
        let lines = InputLines(
          a: line(y - 1), b: line(y), c: line(y + 1), d: line(y + 2), e: line(y + 3), f: line(y + 4))
        for channel in Swift.stride(from: 0, to: shape.block, by: Numbers.scalarCount) {
          let first = number * tilesAcross * shape.channels + plane * shape.block + channel
          surround(
            type, lines, channel: channel, into: UnsafeMutableRawPointer(result + first), planeByteCount: planeByteCount
          )
        }
      }
    }
  }

  /// Six lines of a plane.
  private struct InputLines {
    let a: UnsafeRawPointer
    let b: UnsafeRawPointer
    let c: UnsafeRawPointer
    let d: UnsafeRawPointer
    let e: UnsafeRawPointer
    let f: UnsafeRawPointer
  }

  /// A vector of channels of a row of tiles.
  /// - Parameter planeByteCount: From one of a tile's 36 numbers to the next.
  private func surround<Numbers: WideNumbers>(
    _: Numbers.Type, _ lines: InputLines, channel: Int, into result: UnsafeMutableRawPointer, planeByteCount: Int
  ) {
    let size = MemoryLayout<Float>.size
    let (width, pixelByteCount, tileByteCount) = (shape.width, shape.block &* size, shape.channels &* size)
    @inline(__always)
    func column(_ x: Int) -> WideTileLine<Numbers> {
      guard 0 <= x && x < width else { return WideTileLine() }
      let offset = x &* pixelByteCount &+ channel &* size
      return .differences(
        Numbers.load(lines.a + offset), Numbers.load(lines.b + offset), Numbers.load(lines.c + offset),
        Numbers.load(lines.d + offset), Numbers.load(lines.e + offset), Numbers.load(lines.f + offset))
    }
    @inline(__always)
    func store(
      _ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers, _ e: Numbers, _ f: Numbers,
      _ address: UnsafeMutableRawPointer
    ) {
      WideTileLine<Numbers>.differences(a, b, c, d, e, f).store(address, step: planeByteCount)
    }
    var (a, b) = (column(-1), column(0))
    var address = result
    for tile in 0..<tilesAcross {
      let x = Self.size &* tile
      let (c, d, e, f) = (column(x &+ 1), column(x &+ 2), column(x &+ 3), column(x &+ 4))
      store(a.a, b.a, c.a, d.a, e.a, f.a, address)
      store(a.b, b.b, c.b, d.b, e.b, f.b, address + 6 &* planeByteCount)
      store(a.c, b.c, c.c, d.c, e.c, f.c, address + 12 &* planeByteCount)
      store(a.d, b.d, c.d, d.d, e.d, f.d, address + 18 &* planeByteCount)
      store(a.e, b.e, c.e, d.e, e.e, f.e, address + 24 &* planeByteCount)
      store(a.f, b.f, c.f, d.f, e.f, f.f, address + 30 &* planeByteCount)
      (a, b) = (e, f)
      address += tileByteCount
    }
  }
}
