extension WinogradF4x4 {
  /// Computes A dY A' for every tile of some tile rows.
  /// - Parameters:
  ///   - gradient: dY: [images, output]
  ///   - zeros: One row of the output's pixels, read in place of those below an image.
  ///   - result: [36, `stride`, channels]; the tiles' numbers are overwritten.
  func transformOutputGradient(
    _ gradient: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    stride: Int
  ) {
    output.forEachRun(
      of: rows,
      OutputGradientTransform(
        tiles: output, gradient: gradient, zeros: zeros, result: result,
        matrixByteCount: stride * output.tileByteCount))
  }
}

extension WinogradTiles {
  /// Sets the numbers of all tiles behind those of `rows` to zero.
  /// - Parameter matrices: [36, `stride`, channels]
  func clear(_ matrices: UnsafeMutablePointer<Float>, behind rows: Range<Int>, stride: Int) {
    let tileCount = rows.count * columnCount
    for number in 0..<WinogradF4x4.productCount {
      (matrices + (number * stride + tileCount) * shape.channels).update(
        repeating: 0, count: (stride - tileCount) * shape.channels)
    }
  }

  /// Adds the sums of all outputs' gradients, which the row of A with nothing but ones gives: number 7 of a tile's 36.
  /// - Parameters:
  ///   - matrices: What `transformOutputGradient` made, with zeros behind: [36, `stride`, channels]
  ///   - totals: [channels]
  func addTotals(of matrices: UnsafePointer<Float>, stride: Int, to totals: UnsafeMutablePointer<Float>) {
    let sums = matrices + 7 * stride * shape.channels
    for channel in Swift.stride(from: 0, to: shape.channels, by: 8) {
      var total = Float.load(totals + channel)
      for tile in 0..<stride { total += Float.load(sums + (tile &* shape.channels &+ channel)) }
      Float.store(total, totals + channel)
    }
  }
}

private struct OutputGradientTransform: WinogradF4x4Pass {
  let tiles: WinogradTiles
  let gradient: UnsafeRawPointer
  let zeros: UnsafeRawPointer
  let result: UnsafeMutableRawPointer
  /// The distance from one of a tile's 36 numbers to the next.
  let matrixByteCount: Int

  func run<Numbers: ChannelVector>(_: Numbers.Type, on run: WinogradTileRun) {
    let (width, matrixByteCount) = (tiles.shape.width, matrixByteCount)
    let (pixelByteCount, tileByteCount) = (tiles.pixelByteCount, tiles.tileByteCount)
    func line(_ y: Int) -> UnsafeRawPointer {
      tiles.line(y, of: run, in: gradient, or: zeros, valueByteCount: MemoryLayout<Float>.size)
    }
    let (lineA, lineB, lineC, lineD) = (line(run.y), line(run.y + 1), line(run.y + 2), line(run.y + 3))
    @inline(__always)
    func column(_ x: Int) -> WinogradF4x4Line<Numbers> {
      guard x < width else { return WinogradF4x4Line() }
      let offset = x &* pixelByteCount
      return .outputGradient(
        Numbers.load(lineA + offset), Numbers.load(lineB + offset), Numbers.load(lineC + offset),
        Numbers.load(lineD + offset))
    }
    @inline(__always)
    func store(_ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers, _ address: UnsafeMutableRawPointer) {
      WinogradF4x4Line<Numbers>.outputGradient(a, b, c, d).store(address, step: matrixByteCount)
    }
    var address = result + run.matrixOffset &* MemoryLayout<Float>.size
    for tile in run.columns {
      let x = WinogradF4x4.tileSize &* tile
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
