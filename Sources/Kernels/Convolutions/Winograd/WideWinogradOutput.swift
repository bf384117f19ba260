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
    forEachRow(
      of: rows,
      WideWinogradOutput(
        tiles: self, products: products, bias: bias, result: result,
        matrixByteCount: stride * tileByteCount))
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
    forEachRow(
      of: rows,
      WideWinogradOutputGradient(
        tiles: self, gradient: gradient, zeros: zeros, result: result,
        matrixByteCount: stride * tileByteCount))
  }
}

private struct WideWinogradOutput: WideTileRowWork {
  let tiles: WideWinogradTiles
  let products: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let result: UnsafeMutablePointer<Float>
  /// From one of a tile's 36 numbers to the next.
  let matrixByteCount: Int

  func run<Numbers: WideNumbers>(_: Numbers.Type, at row: WideTileRow) {
    let (width, matrixByteCount) = (tiles.shape.width, matrixByteCount)
    let (pixelByteCount, tileByteCount) = (tiles.pixelByteCount, tiles.tileByteCount)
    let lineByteCount = width &* pixelByteCount
    let lineCount = min(WideWinogradTiles.size, tiles.shape.height - row.y)
    let bias = bias.map { Numbers.load($0 + row.channel) } ?? Numbers()
    let line = UnsafeMutableRawPointer(result + row.plane(in: tiles.shape)) + row.y &* lineByteCount
    var address = UnsafeRawPointer(products + row.matrix)
    for tile in 0..<tiles.tilesAcross {
      let x = WideWinogradTiles.size &* tile
      let lines = WideTileLine<Numbers>.outputLines(address, step: matrixByteCount)
      @inline(__always)
      func store(_ numbers: WideTileLine<Numbers>, _ number: Int) {
        guard number < lineCount else { return }
        let place = line + (number &* lineByteCount &+ x &* pixelByteCount)
        let sums = numbers.sums
        (sums.0 + bias).store(place)
        if x &+ 1 < width { (sums.1 + bias).store(place + pixelByteCount) }
        if x &+ 2 < width { (sums.2 + bias).store(place + 2 &* pixelByteCount) }
        if x &+ 3 < width { (sums.3 + bias).store(place + 3 &* pixelByteCount) }
      }
      store(lines.0, 0)
      store(lines.1, 1)
      store(lines.2, 2)
      store(lines.3, 3)
      address += tileByteCount
    }
  }
}

private struct WideWinogradOutputGradient: WideTileRowWork {
  let tiles: WideWinogradTiles
  let gradient: UnsafePointer<Float>
  let zeros: UnsafePointer<Float>
  let result: UnsafeMutablePointer<Float>
  /// From one of a tile's 36 numbers to the next.
  let matrixByteCount: Int

  func run<Numbers: WideNumbers>(_: Numbers.Type, at row: WideTileRow) {
    let (width, matrixByteCount) = (tiles.shape.width, matrixByteCount)
    let (pixelByteCount, tileByteCount) = (tiles.pixelByteCount, tiles.tileByteCount)
    func line(_ y: Int) -> UnsafeRawPointer { tiles.line(y, of: row, in: gradient, or: zeros) }
    let (lineA, lineB, lineC, lineD) = (line(row.y), line(row.y + 1), line(row.y + 2), line(row.y + 3))
    @inline(__always)
    func column(_ x: Int) -> WideTileLine<Numbers> {
      guard x < width else { return WideTileLine() }
      let offset = x &* pixelByteCount
      return .spread(
        Numbers.load(lineA + offset), Numbers.load(lineB + offset), Numbers.load(lineC + offset),
        Numbers.load(lineD + offset))
    }
    @inline(__always)
    func store(_ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers, _ address: UnsafeMutableRawPointer) {
      WideTileLine<Numbers>.spread(a, b, c, d).store(address, step: matrixByteCount)
    }
    var address = UnsafeMutableRawPointer(result + row.matrix)
    for tile in 0..<tiles.tilesAcross {
      let x = WideWinogradTiles.size &* tile
      let (a, b, c, d) = (column(x), column(x &+ 1), column(x &+ 2), column(x &+ 3))
      store(a.a, b.a, c.a, d.a, address)
      store(a.b, b.b, c.b, d.b, address + 6 &* matrixByteCount)
      store(a.c, b.c, c.c, d.c, address + 12 &* matrixByteCount)
      store(a.d, b.d, c.d, d.d, address + 18 &* matrixByteCount)
      store(a.e, b.e, c.e, d.e, address + 24 &* matrixByteCount)
      store(a.f, b.f, c.f, d.f, address + 30 &* matrixByteCount)
      address += tileByteCount
    }
  }
}
