/// One of Winograd's ways to compute a convolution with what follows it in a network that only reads.
///
/// A row of tiles is a row of one image's tiles; rows are counted on through the images of a lane.
protocol WinogradReading: Sendable {
  /// Multiplications, and so matrix products, of a tile.
  static var productCount: Int { get }

  /// Of an image.
  var tileRows: Int { get }
  var tilesAcross: Int { get }

  /// G g G' of every kernel.
  /// - Parameters:
  ///   - weights: [out, in, 3, 3]
  ///   - result: [productCount, in, out]; overwritten.
  func transform(
    weights: UnsafePointer<Float>, scratch: ScratchMemory, into result: UnsafeMutablePointer<Float>)

  /// B' d B of every tile of some rows.
  /// - Parameters:
  ///   - source: [images, input]
  ///   - zeros: A row of the input's pixels, for those above and below an image.
  ///   - result: [productCount, `stride`, input channels] in the precision of the activations; the tiles' numbers are
  ///     overwritten.
  func surround(
    _ source: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    stride: Int)

  /// What becomes of A' m A, of every tile of some rows.
  /// - Parameters:
  ///   - products: m: [productCount, `stride`, output channels]
  ///   - result: [images, output], pooled where the ending says so; the tiles' values are overwritten.
  func finish(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, ending: WinogradEnding,
    into result: UnsafeMutableRawPointer)
}

/// What follows a convolution.
struct WinogradEnding {
  /// Per output channel: z = scale * sum + shift.
  let scale: UnsafePointer<Float>
  let shift: UnsafePointer<Float>
  let hasReLU: Bool
  /// A max pool of 2 x 2 windows.
  let pools: Bool
  /// [images, output]; is added before the ReLU.
  let residual: UnsafeRawPointer?
}
