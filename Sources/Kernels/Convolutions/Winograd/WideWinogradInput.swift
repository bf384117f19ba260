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
    forEachRow(
      of: rows,
      WideWinogradInput(
        tiles: self, source: source, zeros: zeros, result: result,
        matrixByteCount: stride * tileByteCount))
  }
}

private struct WideWinogradInput: WideTileRowWork {
  let tiles: WideWinogradTiles
  let source: UnsafePointer<Float>
  let zeros: UnsafePointer<Float>
  let result: UnsafeMutablePointer<Float>
  /// From one of a tile's 36 numbers to the next.
  let matrixByteCount: Int

  func run<Numbers: WideNumbers>(_: Numbers.Type, at row: WideTileRow) {
    let (width, matrixByteCount) = (tiles.shape.width, matrixByteCount)
    let (pixelByteCount, tileByteCount) = (tiles.pixelByteCount, tiles.tileByteCount)
    func line(_ y: Int) -> UnsafeRawPointer { tiles.line(y, of: row, in: source, or: zeros) }
    let (lineA, lineB, lineC) = (line(row.y - 1), line(row.y), line(row.y + 1))
    let (lineD, lineE, lineF) = (line(row.y + 2), line(row.y + 3), line(row.y + 4))
    @inline(__always)
    func column(_ x: Int) -> WideTileLine<Numbers> {
      guard 0 <= x && x < width else { return WideTileLine() }
      let offset = x &* pixelByteCount
      return .differences(
        Numbers.load(lineA + offset), Numbers.load(lineB + offset), Numbers.load(lineC + offset),
        Numbers.load(lineD + offset), Numbers.load(lineE + offset), Numbers.load(lineF + offset))
    }
    @inline(__always)
    func store(
      _ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers, _ e: Numbers, _ f: Numbers,
      _ address: UnsafeMutableRawPointer
    ) {
      WideTileLine<Numbers>.differences(a, b, c, d, e, f).store(address, step: matrixByteCount)
    }
    var (a, b) = (column(-1), column(0))
    var address = UnsafeMutableRawPointer(result + row.matrix)
    for tile in 0..<tiles.tilesAcross {
      let x = WideWinogradTiles.size &* tile
      let (c, d, e, f) = (column(x &+ 1), column(x &+ 2), column(x &+ 3), column(x &+ 4))
      store(a.a, b.a, c.a, d.a, e.a, f.a, address)
      store(a.b, b.b, c.b, d.b, e.b, f.b, address + 6 &* matrixByteCount)
      store(a.c, b.c, c.c, d.c, e.c, f.c, address + 12 &* matrixByteCount)
      store(a.d, b.d, c.d, d.d, e.d, f.d, address + 18 &* matrixByteCount)
      store(a.e, b.e, c.e, d.e, e.e, f.e, address + 24 &* matrixByteCount)
      store(a.f, b.f, c.f, d.f, e.f, f.f, address + 30 &* matrixByteCount)
      (a, b) = (e, f)
      address += tileByteCount
    }
  }
}
