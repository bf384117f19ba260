/// A backend on top of a library's matrix products. It computes convolutions by Winograd's algorithms where they are faster,
/// else by the library's own where it has fast ones, else as matrix products.
package protocol LibraryBackend: Backend {
  /// Shared by all convolutions.
  var scratch: ScratchMemory { get }

  /// - Precondition: in bfloat16, the shape has one product, which does not accumulate.
  /// - Throws: `KernelError` where the library lacks the product.
  func makeLibraryProduct(_ shape: MatrixProductShape, precision: Precision) throws(KernelError) -> any MatrixProduct

  /// Products C = A B whose B is loaded beforehand, for up to `threadCount` threads at a time.
  /// - Parameters:
  ///   - shape: Without gaps between rows, and without transposed matrices.
  ///   - precision: Of A.
  /// - Throws: `KernelError` where the library lacks the product.
  func makeLoadedProducts(
    _ shape: MatrixProductShape, precision: Precision, threadCount: Int
  ) throws(KernelError) -> any LoadedProducts

  /// The library's own convolution, in those of `directions` for which it has fast code in these layouts.
  /// - Returns: nil where it has none.
  /// - Throws: `KernelError` where it has one and cannot make it.
  func makeLibraryConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: Set<ConvolutionDirection>
  ) throws(KernelError) -> (convolution: any Convolution, directions: Set<ConvolutionDirection>)?
}

extension LibraryBackend {
  /// With B copied in its own order.
  package func makeLoadedProducts(
    _ shape: MatrixProductShape, precision: Precision, threadCount: Int
  ) throws(KernelError) -> any LoadedProducts {
    guard precision == .float32 else { throw .unsupportedPrecision(precision, backend: name) }
    var products: [any MatrixProduct] = []
    for _ in 0..<threadCount { products.append(try makeLibraryProduct(shape, precision: .float32)) }
    return CopiedProducts(shape, products)
  }

  package func makeLibraryConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: Set<ConvolutionDirection>
  ) -> (convolution: any Convolution, directions: Set<ConvolutionDirection>)? { nil }

  private func require(_ precision: Precision) throws(KernelError) {
    guard supports(precision) else { throw .unsupportedPrecision(precision, backend: name) }
  }

  package func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: Set<ConvolutionDirection>
  ) throws(KernelError) -> any Convolution {
    geometry.requireFit(input: input, output: output)
    try require(precision)
    if directions.contains(.backwardWeights) && precision == .float32
      && WinogradF4x4.isFasterForTraining(geometry, input: input, output: output, images: laneImages)
    {
      return try WinogradConvolution(
        geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount,
        needsInputGradient: directions.contains(.backwardInput), library: self)
    }
    let isOneChannelFaster = OneChannelConvolution.isFaster(for: geometry, output: output)
    let own = try makeLibraryConvolution(
      geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount, precision: precision,
      directions: isOneChannelFaster ? directions.subtracting([.forward]) : directions)
    let missing = directions.subtracting(own?.directions ?? [])
    if let own, missing.isEmpty { return own.convolution }
    let lowered = try LoweredConvolution(
      geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount, precision: precision,
      directions: missing, library: self)
    return own.map { MixedConvolution(first: $0.convolution, firstDirections: $0.directions, second: lowered) }
      ?? lowered
  }

  package func makeNormalizedConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int,
    laneCount: Int, threadCount: Int
  ) throws(KernelError) -> (any NormalizedConvolution)? {
    let (output, images) = (norm.shape, laneCount * laneImages)
    geometry.requireFit(input: input, output: output)
    try require(norm.precision)
    func make(_ transforms: some WinogradTransforms) throws(KernelError) -> any NormalizedConvolution {
      try WinogradNormalizedConvolution(
        transforms, norm: norm, pools: pools, laneImages: laneImages, threadCount: threadCount, library: self)
    }
    if norm.precision == .float32
      && WinogradF4x4.isFasterForInference(geometry, input: input, output: output, pools: pools, images: images)
    {
      return try make(WinogradF4x4(input: input, output: output, pools: pools))
    }
    guard WinogradF2x2.isFaster(for: geometry, input: input, output: output, images: images) else { return nil }
    return try make(WinogradF2x2(input: input, output: output, precision: norm.precision, pools: pools))
  }

  package func makeMatrixProduct(
    _ shape: MatrixProductShape, precision: Precision
  ) throws(KernelError) -> any MatrixProduct {
    try require(precision)
    if let product = DotProducts(shape, precision: precision) { return product }
    return try makeLibraryProduct(shape, precision: precision)
  }
}

/// A convolution whose directions are divided between two others.
private struct MixedConvolution: Convolution {
  let first: any Convolution
  let firstDirections: Set<ConvolutionDirection>
  let second: any Convolution

  var description: String { "\(first), \(second)" }

  private func convolution(for direction: ConvolutionDirection) -> any Convolution {
    firstDirections.contains(direction) ? first : second
  }

  func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
    first.loadWeights(weights, bias: bias)
    second.loadWeights(weights, bias: bias)
  }

  func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
    convolution(for: .forward).forward(lane: lane, input: input, output: output)
  }

  func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    convolution(for: .backwardInput).backwardInput(
      lane: lane, outputGradient: outputGradient, inputGradient: inputGradient)
  }

  func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
    convolution(for: .backwardWeights).backwardWeights(lane: lane, input: input, outputGradient: outputGradient)
  }

  var weightGradientCount: Int { convolution(for: .backwardWeights).weightGradientCount }

  func weightGradient(lane: Int) -> WeightGradient { convolution(for: .backwardWeights).weightGradient(lane: lane) }

  func restore(_ gradient: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
    convolution(for: .backwardWeights).restore(gradient, into: weights)
  }
}
