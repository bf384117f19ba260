extension WideWinogradTiles {
  /// A' m A, and a bias, of every tile of some rows.
  /// - Parameters:
  ///   - products: m: [36, `stride`, channels]
  ///   - bias: [channels]; nil adds none.
  ///   - result: [images, shape]; the tiles' values are overwritten.
  func finish(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, bias: UnsafePointer<Float>?,
    into result: UnsafeMutablePointer<Float>
  ) {
    if shape.block % 16 == 0 {
      finish(SIMD16<Float>.self, products, stride: stride, rows: rows, bias: bias, into: result)
    } else {
      finish(SIMD8<Float>.self, products, stride: stride, rows: rows, bias: bias, into: result)
    }
  }

  private func finish<Numbers: WideNumbers>(
    _: Numbers.Type, _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, bias: UnsafePointer<Float>?,
    into result: UnsafeMutablePointer<Float>
  ) {
    let planeByteCount = stride * shape.channels * MemoryLayout<Float>.size
    for (number, row) in rows.enumerated() {
      let (image, y) = place(ofRow: row)
      for plane in 0..<shape.planeCount {
        for channel in Swift.stride(from: 0, to: shape.block, by: Numbers.scalarCount) {
          let channelOfAll = plane * shape.block + channel
          let first = image * shape.elementCount + shape.offset(channel: channelOfAll, y: y, x: 0)
          finish(
            UnsafeRawPointer(products + number * tilesAcross * shape.channels + channelOfAll),
            planeByteCount: planeByteCount, bias: bias.map { Numbers.load($0 + channelOfAll) } ?? Numbers(),
            lineCount: min(Self.size, shape.height - y), into: UnsafeMutableRawPointer(result + first))
        }
      }
    }
  }

  /// A vector of channels of a row of tiles.
  /// - Parameters:
  ///   - planeByteCount: From one of a tile's 36 numbers to the next.
  ///   - lineCount: Lines of the plane that the tiles lie on.
  private func finish<Numbers: WideNumbers>(
    _ products: UnsafeRawPointer, planeByteCount: Int, bias: Numbers, lineCount: Int,
    into result: UnsafeMutableRawPointer
  ) {
    let size = MemoryLayout<Float>.size
    let (pixelByteCount, tileByteCount) = (shape.block &* size, shape.channels &* size)
    let (lineByteCount, width) = (shape.width &* pixelByteCount, shape.width)
    var address = products
    for tile in 0..<tilesAcross {
      let x = Self.size &* tile
      @inline(__always)
      func column(_ number: Int) -> (Numbers, Numbers, Numbers, Numbers) {
        WideTileLine<Numbers>.load(address + number &* planeByteCount, step: 6 &* planeByteCount).sums
      }
      let (a, b, c, d, e, f) = (column(0), column(1), column(2), column(3), column(4), column(5))
      @inline(__always)
      func store(_ line: WideTileLine<Numbers>, _ number: Int) {
        guard number < lineCount else { return }
        let place = result + (number &* lineByteCount &+ x &* pixelByteCount)
        let sums = line.sums
        (sums.0 + bias).store(place)
        if x &+ 1 < width { (sums.1 + bias).store(place + pixelByteCount) }
        if x &+ 2 < width { (sums.2 + bias).store(place + 2 &* pixelByteCount) }
        if x &+ 3 < width { (sums.3 + bias).store(place + 3 &* pixelByteCount) }
      }
      store(WideTileLine(a: a.0, b: b.0, c: c.0, d: d.0, e: e.0, f: f.0), 0)
      store(WideTileLine(a: a.1, b: b.1, c: c.1, d: d.1, e: e.1, f: f.1), 1)
      store(WideTileLine(a: a.2, b: b.2, c: c.2, d: d.2, e: e.2, f: f.2), 2)
      store(WideTileLine(a: a.3, b: b.3, c: c.3, d: d.3, e: e.3, f: f.3), 3)
      address += tileByteCount
    }
  }

  /// A dY A' of every tile of some rows.
  /// - Parameters:
  ///   - gradient: dY: [images, shape]
  ///   - zeros: At least `shape.width * shape.block` of them, for the rows below an image.
  ///   - result: [36, `stride`, channels]; the tiles' numbers are overwritten.
  func spread(
    _ gradient: UnsafePointer<Float>, rows: Range<Int>, zeros: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    if shape.block % 16 == 0 {
      spread(SIMD16<Float>.self, gradient, rows: rows, zeros: zeros, into: result, stride: stride)
    } else {
      spread(SIMD8<Float>.self, gradient, rows: rows, zeros: zeros, into: result, stride: stride)
    }
  }

  private func spread<Numbers: WideNumbers>(
    _ type: Numbers.Type, _ gradient: UnsafePointer<Float>, rows: Range<Int>, zeros: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let planeByteCount = stride * shape.channels * MemoryLayout<Float>.size
    for (number, row) in rows.enumerated() {
      let (image, y) = place(ofRow: row)
      for plane in 0..<shape.planeCount {
        let start = gradient + image * shape.elementCount + plane * shape.planeElementCount
        func line(_ y: Int) -> UnsafeRawPointer {
          UnsafeRawPointer(y < shape.height ? start + y * shape.width * shape.block : zeros)
        }
        let lines = GradientLines(a: line(y), b: line(y + 1), c: line(y + 2), d: line(y + 3))
        for channel in Swift.stride(from: 0, to: shape.block, by: Numbers.scalarCount) {
          let first = number * tilesAcross * shape.channels + plane * shape.block + channel
          spread(
            type, lines, channel: channel, into: UnsafeMutableRawPointer(result + first),
            planeByteCount: planeByteCount)
        }
      }
    }
  }

  /// Four lines of a plane.
  private struct GradientLines {
    let a: UnsafeRawPointer
    let b: UnsafeRawPointer
    let c: UnsafeRawPointer
    let d: UnsafeRawPointer
  }

  /// A vector of channels of a row of tiles.
  /// - Parameter planeByteCount: From one of a tile's 36 numbers to the next.
  private func spread<Numbers: WideNumbers>(
    _: Numbers.Type, _ lines: GradientLines, channel: Int, into result: UnsafeMutableRawPointer, planeByteCount: Int
  ) {
    let size = MemoryLayout<Float>.size
    let (width, pixelByteCount, tileByteCount) = (shape.width, shape.block &* size, shape.channels &* size)
    @inline(__always)
    func column(_ x: Int) -> WideTileLine<Numbers> {
      guard x < width else { return WideTileLine() }
      let offset = x &* pixelByteCount &+ channel &* size
      return .spread(
        Numbers.load(lines.a + offset), Numbers.load(lines.b + offset), Numbers.load(lines.c + offset),
        Numbers.load(lines.d + offset))
    }
    @inline(__always)
    func store(_ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers, _ address: UnsafeMutableRawPointer) {
      WideTileLine<Numbers>.spread(a, b, c, d).store(address, step: planeByteCount)
    }
    var address = result
    for tile in 0..<tilesAcross {
      let x = Self.size &* tile
      let (a, b, c, d) = (column(x), column(x &+ 1), column(x &+ 2), column(x &+ 3))
      store(a.a, b.a, c.a, d.a, address)
      store(a.b, b.b, c.b, d.b, address + 6 &* planeByteCount)
      store(a.c, b.c, c.c, d.c, address + 12 &* planeByteCount)
      store(a.d, b.d, c.d, d.d, address + 18 &* planeByteCount)
      store(a.e, b.e, c.e, d.e, address + 24 &* planeByteCount)
      store(a.f, b.f, c.f, d.f, address + 30 &* planeByteCount)
      address += tileByteCount
    }
  }
}
