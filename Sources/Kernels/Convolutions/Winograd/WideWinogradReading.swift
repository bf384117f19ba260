/// `WideWinogradTiles` of the two sides of a convolution, with what follows it. Float32 alone.
struct WideWinogradReading: WinogradReading {
  static let productCount = WideWinogradTiles.productCount

  private let input: WideWinogradTiles
  /// Before any pooling.
  private let output: WideWinogradTiles
  private let weights: WideWinogradWeights

  init(input: ActivationShape, output: ActivationShape, pools: Bool) {
    self.input = WideWinogradTiles(input, pools: pools)
    self.output = WideWinogradTiles(output, pools: pools)
    weights = WideWinogradWeights(inputs: input.channels, outputs: output.channels)
  }

  /// Whether this way is known to be faster than `WinogradTiles` and the direct one. On small planes, much of whose tiles lies
  /// beyond them, it is not: with 0.68 and 0.75 of the products it took as long, with 0.56 and 0.64 it was faster.
  /// - Parameter images: How many are read, at least, with the same kernels.
  static func isFaster(
    for geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, pools: Bool, images: Int
  ) -> Bool {
    guard WinogradTiles.areFaster(for: geometry, input: input, output: output, images: images) else { return false }
    let (wide, narrow) = (
      WideWinogradReading(input: input, output: output, pools: pools),
      WinogradTiles(input: input, output: output, precision: .float32, pools: pools)
    )
    func products(_ tiles: some WinogradReading) -> Int {
      type(of: tiles).productCount * tiles.tileRows * tiles.tilesAcross
    }
    return 3 * products(wide) <= 2 * products(narrow)
  }

  var tileRows: Int { output.tileRows }
  var tilesAcross: Int { output.tilesAcross }

  func transform(
    weights kernels: UnsafePointer<Float>, scratch: ScratchMemory, into result: UnsafeMutablePointer<Float>
  ) {
    scratch.lend(count: weights.scratchCount) { weights.transform(kernels, scratch: $0, into: result) }
  }

  func surround(
    _ source: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    stride: Int
  ) {
    input.surround(
      source.assumingMemoryBound(to: Float.self), rows: rows, zeros: zeros.assumingMemoryBound(to: Float.self),
      into: result.assumingMemoryBound(to: Float.self), stride: stride)
  }

  func finish(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, ending: WinogradEnding,
    into result: UnsafeMutableRawPointer
  ) {
    let work = WideWinogradEnding(
      tiles: output, products: products, ending: ending, result: result, matrixByteCount: stride * output.tileByteCount)
    output.forEachRow(of: rows, work)
  }
}

private struct WideWinogradEnding: WideTileRowWork {
  let tiles: WideWinogradTiles
  let products: UnsafePointer<Float>
  let ending: WinogradEnding
  let result: UnsafeMutableRawPointer
  /// From one of a tile's 36 numbers to the next.
  let matrixByteCount: Int

  func run<Numbers: WideNumbers>(_ type: Numbers.Type, at row: WideTileRow) {
    if ending.pools { pool(type, row) } else { spread(type, row) }
  }

  /// The largest of each window of a row of tiles.
  private func pool<Numbers: WideNumbers>(_: Numbers.Type, _ row: WideTileRow) {
    let pooled = tiles.shape.pooled(by: 2)
    let (matrixByteCount, tileByteCount, pixelByteCount) = (matrixByteCount, tiles.tileByteCount, tiles.pixelByteCount)
    let lineByteCount = pooled.width &* pixelByteCount
    let hasSecondLine = row.y / 2 + 1 < pooled.height
    let line = result + row.plane(in: pooled) &* MemoryLayout<Float>.size + row.y / 2 &* lineByteCount
    let (scale, shift) = (Numbers.load(ending.scale + row.channel), Numbers.load(ending.shift + row.channel))
    let hasReLU = ending.hasReLU
    var address = UnsafeRawPointer(products + row.matrix)
    for tile in 0..<tiles.tilesAcross {
      let lines = WideTileLine<Numbers>.outputLines(address, step: matrixByteCount)
      @inline(__always)
      func store(_ above: WideTileLine<Numbers>, _ below: WideTileLine<Numbers>, _ place: UnsafeMutableRawPointer) {
        let (a, b) = (above.sums, below.sums)
        @inline(__always)
        func value(_ a: Numbers, _ b: Numbers, _ c: Numbers, _ d: Numbers) -> Numbers {
          let y = (a * scale + shift).larger(b * scale + shift)
            .larger((c * scale + shift).larger(d * scale + shift))
          return hasReLU ? y.rectified : y
        }
        value(a.0, a.1, b.0, b.1).store(place)
        if 2 &* tile &+ 1 < pooled.width { value(a.2, a.3, b.2, b.3).store(place + pixelByteCount) }
      }
      let place = line + 2 &* tile &* pixelByteCount
      store(lines.0, lines.1, place)
      if hasSecondLine { store(lines.2, lines.3, place + lineByteCount) }
      address += tileByteCount
    }
  }

  /// The outputs of a row of tiles, but for those below and beyond the plane.
  private func spread<Numbers: WideNumbers>(_: Numbers.Type, _ row: WideTileRow) {
    let width = tiles.shape.width
    let (matrixByteCount, tileByteCount, pixelByteCount) = (matrixByteCount, tiles.tileByteCount, tiles.pixelByteCount)
    let lineByteCount = width &* pixelByteCount
    let lineCount = min(WideWinogradTiles.size, tiles.shape.height - row.y)
    let first = row.plane(in: tiles.shape) &* MemoryLayout<Float>.size + row.y &* lineByteCount
    let (scale, shift) = (Numbers.load(ending.scale + row.channel), Numbers.load(ending.shift + row.channel))
    let (hasReLU, residual) = (ending.hasReLU, ending.residual)
    var address = UnsafeRawPointer(products + row.matrix)
    for tile in 0..<tiles.tilesAcross {
      let x = WideWinogradTiles.size &* tile
      let lines = WideTileLine<Numbers>.outputLines(address, step: matrixByteCount)
      @inline(__always)
      func store(_ sum: Numbers, _ offset: Int) {
        var z = sum * scale + shift
        if let residual { z += Numbers.load(residual + offset) }
        (hasReLU ? z.rectified : z).store(result + offset)
      }
      @inline(__always)
      func store(_ numbers: WideTileLine<Numbers>, _ number: Int) {
        guard number < lineCount else { return }
        let offset = first &+ number &* lineByteCount &+ x &* pixelByteCount
        let sums = numbers.sums
        store(sums.0, offset)
        if x &+ 1 < width { store(sums.1, offset &+ pixelByteCount) }
        if x &+ 2 < width { store(sums.2, offset &+ 2 &* pixelByteCount) }
        if x &+ 3 < width { store(sums.3, offset &+ 3 &* pixelByteCount) }
      }
      store(lines.0, 0)
      store(lines.1, 1)
      store(lines.2, 2)
      store(lines.3, 3)
      address += tileByteCount
    }
  }
}
