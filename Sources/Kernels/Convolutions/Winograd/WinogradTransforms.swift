/// The transforms of one of Winograd's minimal filtering algorithms, F(m x m, 3 x 3) (Lavin and Gray, "Fast algorithms for
/// convolutional neural networks", 2016, section 4). They compute a convolution with 3 x 3 kernels, stride 1 and padding 1
/// in tiles of m x m outputs, each from the (m + 2) x (m + 2) inputs around it:
///
///     Y = A' [ sum over input channels of (G g G') * (B' d B) ] A
///
/// where d is a tile of the input, g the kernel, * the elementwise product, and ' means transposed. That takes (m + 2)²
/// multiplications for each input and output channel, where the formula of a convolution takes 9 m². For each of the
/// (m + 2)² numbers of a tile, the products of all tiles, input channels and output channels are one matrix product:
///
///     transformFilters: U = G g G'                        [(m + 2)², in, out]
///     transformInput:   V = B' d B                        [(m + 2)², tile, in]
///     the engine:       M = V U                           [(m + 2)², tile, out]
///     transformOutput:  Y = A' M A, then the epilogue
protocol WinogradTransforms: Sendable {
  associatedtype Line: WinogradLine where Line.Numbers == Vector

  /// m: rows and columns of a tile's outputs.
  static var tileSize: Int { get }

  /// The tiles of the convolution's input, and of its output before any pooling, in the same rows and columns.
  var input: WinogradTiles { get }
  var output: WinogradTiles { get }

  /// Computes U.
  /// - Parameters:
  ///   - weights: g: [out, in, 3, 3]
  ///   - turns: Turns every kernel by half a circle and exchanges inputs and outputs, for the input's gradient.
  ///   - scratch: `filterScratchCount` floats; overwritten.
  ///   - result: U: [productCount, in, out], or [productCount, out, in] of turned kernels; overwritten.
  func transformFilters(
    _ weights: UnsafePointer<Float>, turns: Bool, scratch: UnsafeMutablePointer<Float>,
    into result: UnsafeMutablePointer<Float>)

  /// Computes V for every tile of some tile rows.
  /// - Parameters:
  ///   - source: [images, input]
  ///   - zeros: One row of the input's pixels, read in place of those above and below an image.
  ///   - result: V: [productCount, `stride`, in] in the precision of the activations; the tiles' numbers are overwritten.
  func transformInput(
    _ source: UnsafeRawPointer, rows: Range<Int>, zeros: UnsafeRawPointer, into result: UnsafeMutableRawPointer,
    stride: Int)

  /// Computes Y, and what follows it, for every tile of some tile rows.
  /// - Parameters:
  ///   - products: M: [productCount, `stride`, out]
  ///   - result: [images, output], pooled where the epilogue pools; the tiles' values are overwritten.
  func transformOutput(
    _ products: UnsafePointer<Float>, stride: Int, rows: Range<Int>, epilogue: WinogradEpilogue,
    into result: UnsafeMutableRawPointer)
}

extension WinogradTransforms {
  /// (m + 2)²: multiplications of a tile, and so matrix products.
  static var productCount: Int { (tileSize + 2) * (tileSize + 2) }

  var inputChannels: Int { input.shape.channels }
  var outputChannels: Int { output.shape.channels }
}

/// What follows a convolution in inference, in this order: the batch norm's scale and shift, a residual, ReLU, max pool.
struct WinogradEpilogue {
  /// Per output channel: z = scale * y + shift.
  let scale: UnsafePointer<Float>
  let shift: UnsafePointer<Float>
  let hasReLU: Bool
  /// A max pool of 2 x 2 windows; never together with a residual.
  let pools: Bool
  /// [images, output]; nil adds none.
  let residual: UnsafeRawPointer?
}
