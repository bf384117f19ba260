/// Winograd's F(2 x 2, 3 x 3) (Lavin and Gray 2016, section 4.1), for inference: 16 multiplications where the formula of a
/// convolution has 36.
struct WinogradF2x2: WinogradTransforms {
  typealias Line = WinogradF2x2Line

  static let tileSize = 2

  let input: WinogradTiles
  let output: WinogradTiles
  let precision: Precision

  init(input: ActivationShape, output: ActivationShape, precision: Precision, pools: Bool) {
    self.input = WinogradTiles(input, size: Self.tileSize, pools: pools)
    self.output = WinogradTiles(output, size: Self.tileSize, pools: pools)
    self.precision = precision
  }

  /// Whether this is known to be faster than the direct convolution. Transforming the kernels takes as long as it saves on
  /// about 20 images.
  /// - Parameter images: How many are inferred, at least, with the same kernels.
  static func isFaster(
    for geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, images: Int
  ) -> Bool {
    images >= 24 && geometry.kernel == 3 && geometry.stride == 1 && geometry.padding == 1 && input.block % 8 == 0
      && output.block % 8 == 0 && input.channels >= 32 && output.channels >= 32
  }
}

/// The four numbers of a row or column of a tile, of eight channels.
struct WinogradF2x2Line: WinogradLine {
  var a = Vector()
  var b = Vector()
  var c = Vector()
  var d = Vector()

  /// B' times a column of inputs.
  @inline(__always)
  static func input(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> WinogradF2x2Line {
    WinogradF2x2Line(a: a - c, b: b + c, c: c - b, d: b - d)
  }

  @inline(__always)
  static func filter(_ a: Vector, _ b: Vector, _ c: Vector) -> WinogradF2x2Line {
    WinogradF2x2Line(a: a, b: (a + b + c) * 0.5, c: (a - b + c) * 0.5, d: c)
  }

  /// A' times the line: two outputs.
  @inline(__always)
  var output: (Vector, Vector) { (a + b + c, b - c - d) }

  @inline(__always)
  func store(_ address: UnsafeMutableRawPointer, step: Int) {
    Float.store(a, address)
    Float.store(b, address + step)
    Float.store(c, address + 2 &* step)
    Float.store(d, address + 3 &* step)
  }

  @inline(__always)
  static func load(_ address: UnsafeRawPointer, step: Int) -> WinogradF2x2Line {
    WinogradF2x2Line(
      a: Float.load(address), b: Float.load(address + step), c: Float.load(address + 2 &* step),
      d: Float.load(address + 3 &* step))
  }
}
