extension WinogradF4x4 {
  func transformOutput(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, epilogue: WinogradEpilogue,
    into result: UnsafeMutableRawPointer
  ) {
    let target = OutputTarget(
      tiles: output, products: products, result: result, matrixByteCount: stride * output.tileByteCount)
    if epilogue.pools {
      output.forEachRun(of: rows, PooledOutput(target: target, epilogue: epilogue))
    } else {
      output.forEachRun(of: rows, NormalizedOutput(target: target, epilogue: epilogue))
    }
  }

  /// Computes Y = A' M A, and a bias, for every tile of some tile rows.
  /// - Parameters:
  ///   - products: M: [36, `stride`, channels]
  ///   - bias: [channels]; nil adds none.
  ///   - result: [images, output]; the tiles' values are overwritten.
  func transformOutput(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, bias: UnsafePointer<Float>?,
    into result: UnsafeMutableRawPointer
  ) {
    let target = OutputTarget(
      tiles: output, products: products, result: result, matrixByteCount: stride * output.tileByteCount)
    output.forEachRun(of: rows, BiasedOutput(target: target, bias: bias))
  }
}

/// The products that are transformed, and the outputs that they become.
private struct OutputTarget {
  let tiles: WinogradTiles
  let products: UnsafeRawPointer
  let result: UnsafeMutableRawPointer
  /// The distance from one of a tile's 36 numbers to the next.
  let matrixByteCount: Int

  /// Stores the outputs of a run of tiles, except those beyond the plane.
  /// - Parameter finish: Turns an output into the value stored at a byte offset of the result. A function that is always
  ///   inlined: a call for every vector takes longer than its work.
  @inline(__always)
  func store<Numbers: ChannelVector>(
    _ run: WinogradTileRun, _ finish: (_ output: Numbers, _ offset: Int) -> Numbers
  ) {
    let (result, width, matrixByteCount) = (result, tiles.shape.width, matrixByteCount)
    let (pixelByteCount, tileByteCount) = (tiles.pixelByteCount, tiles.tileByteCount)
    let lineByteCount = width &* pixelByteCount
    let lineCount = min(WinogradF4x4.tileSize, tiles.shape.height - run.y)
    let first = run.planeOffset(in: tiles.shape) &* MemoryLayout<Float>.size + run.y &* lineByteCount
    var address = products + run.matrixOffset &* MemoryLayout<Float>.size
    for tile in run.columns {
      let x = WinogradF4x4.tileSize &* tile
      let lines = WinogradF4x4Line<Numbers>.outputLines(address, step: matrixByteCount)
      @inline(__always)
      func store(_ output: Numbers, _ offset: Int) { finish(output, offset).store(result + offset) }
      @inline(__always)
      func store(_ line: WinogradF4x4Line<Numbers>, _ number: Int) {
        guard number < lineCount else { return }
        let offset = first &+ number &* lineByteCount &+ x &* pixelByteCount
        let outputs = line.output
        store(outputs.0, offset)
        if x &+ 1 < width { store(outputs.1, offset &+ pixelByteCount) }
        if x &+ 2 < width { store(outputs.2, offset &+ 2 &* pixelByteCount) }
        if x &+ 3 < width { store(outputs.3, offset &+ 3 &* pixelByteCount) }
      }
      store(lines.0, 0)
      store(lines.1, 1)
      store(lines.2, 2)
      store(lines.3, 3)
      address += tileByteCount
    }
  }
}

private struct BiasedOutput: WinogradF4x4Pass {
  let target: OutputTarget
  let bias: UnsafePointer<Float>?

  func run<Numbers: ChannelVector>(_: Numbers.Type, on run: WinogradTileRun) {
    let bias = bias.map { Numbers.load($0 + run.channel) } ?? Numbers()
    @inline(__always)
    func finish(_ output: Numbers, _: Int) -> Numbers { output + bias }
    target.store(run, finish)
  }
}

private struct NormalizedOutput: WinogradF4x4Pass {
  let target: OutputTarget
  let epilogue: WinogradEpilogue

  func run<Numbers: ChannelVector>(_: Numbers.Type, on run: WinogradTileRun) {
    let (scale, shift) = (Numbers.load(epilogue.scale + run.channel), Numbers.load(epilogue.shift + run.channel))
    let (hasReLU, residual) = (epilogue.hasReLU, epilogue.residual)
    @inline(__always)
    func finish(_ output: Numbers, _ offset: Int) -> Numbers {
      var z = output * scale + shift
      if let residual { z += Numbers.load(residual + offset) }
      return hasReLU ? z.rectified : z
    }
    target.store(run, finish)
  }
}

private struct PooledOutput: WinogradF4x4Pass {
  let target: OutputTarget
  let epilogue: WinogradEpilogue

  /// Stores the largest value of each of a tile's four windows, except those beyond the plane.
  func run<Numbers: ChannelVector>(_: Numbers.Type, on run: WinogradTileRun) {
    let (tiles, pooled) = (target.tiles, target.tiles.shape.pooled(by: 2))
    let (matrixByteCount, tileByteCount) = (target.matrixByteCount, tiles.tileByteCount)
    let pixelByteCount = tiles.pixelByteCount
    let lineByteCount = pooled.width &* pixelByteCount
    let hasSecondLine = run.y / 2 + 1 < pooled.height
    let line =
      target.result + run.planeOffset(in: pooled) &* MemoryLayout<Float>.size + run.y / 2 &* lineByteCount
    let (scale, shift) = (Numbers.load(epilogue.scale + run.channel), Numbers.load(epilogue.shift + run.channel))
    let hasReLU = epilogue.hasReLU
    var address = target.products + run.matrixOffset &* MemoryLayout<Float>.size
    for tile in run.columns {
      let lines = WinogradF4x4Line<Numbers>.outputLines(address, step: matrixByteCount)
      @inline(__always)
      func store(
        _ above: WinogradF4x4Line<Numbers>, _ below: WinogradF4x4Line<Numbers>, _ pixel: UnsafeMutableRawPointer
      ) {
        let (a, b) = (above.output, below.output)
        @inline(__always)
        func largest(_ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers) -> Numbers {
          let y = (a * scale + shift).larger(b * scale + shift)
            .larger((c * scale + shift).larger(d * scale + shift))
          return hasReLU ? y.rectified : y
        }
        largest(a.0, a.1, b.0, b.1).store(pixel)
        if 2 &* tile &+ 1 < pooled.width { largest(a.2, a.3, b.2, b.3).store(pixel + pixelByteCount) }
      }
      let pixel = line + 2 &* tile &* pixelByteCount
      store(lines.0, lines.1, pixel)
      if hasSecondLine { store(lines.2, lines.3, pixel + lineByteCount) }
      address += tileByteCount
    }
  }
}
