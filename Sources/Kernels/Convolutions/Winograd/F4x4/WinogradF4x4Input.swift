extension WinogradF4x4 {
  func transformInput(
    _ source: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    stride: Int
  ) {
    input.forEachRun(
      of: rows,
      InputTransform(
        tiles: input, source: source, zeros: zeros, result: result, matrixByteCount: stride * input.tileByteCount))
  }
}

private struct InputTransform: WinogradF4x4Pass {
  let tiles: WinogradTiles
  let source: UnsafeRawPointer
  let zeros: UnsafeRawPointer
  let result: UnsafeMutableRawPointer
  /// The distance from one of a tile's 36 numbers to the next.
  let matrixByteCount: Int

  func run<Numbers: ChannelVector>(_: Numbers.Type, on run: WinogradTileRun) {
    let (width, matrixByteCount) = (tiles.shape.width, matrixByteCount)
    let (pixelByteCount, tileByteCount) = (tiles.pixelByteCount, tiles.tileByteCount)
    func line(_ y: Int) -> UnsafeRawPointer {
      tiles.line(y, of: run, in: source, or: zeros, valueByteCount: MemoryLayout<Float>.size)
    }
    let (lineA, lineB, lineC) = (line(run.y - 1), line(run.y), line(run.y + 1))
    let (lineD, lineE, lineF) = (line(run.y + 2), line(run.y + 3), line(run.y + 4))
    @inline(__always)
    func column(_ x: Int) -> WinogradF4x4Line<Numbers> {
      guard 0 <= x && x < width else { return WinogradF4x4Line() }
      let offset = x &* pixelByteCount
      return .input(
        Numbers.load(lineA + offset), Numbers.load(lineB + offset), Numbers.load(lineC + offset),
        Numbers.load(lineD + offset), Numbers.load(lineE + offset), Numbers.load(lineF + offset))
    }
    @inline(__always)
    func store(
      _ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers, _ e: Numbers, _ f: Numbers,
      _ address: UnsafeMutableRawPointer
    ) {
      WinogradF4x4Line<Numbers>.input(a, b, c, d, e, f).store(address, step: matrixByteCount)
    }
    var (a, b) = (column(-1), column(0))
    var address = result + run.matrixOffset &* MemoryLayout<Float>.size
    for tile in run.columns {
      let x = WinogradF4x4.tileSize &* tile
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
