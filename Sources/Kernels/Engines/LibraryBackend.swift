/// Convolutions and matrix products on top of a library's: convolutions by Winograd's algorithms where they are faster, else
/// the library's own where it has fast ones, else lowered to matrix products.
package struct LibraryBackend: Backend {
  private let library: any ComputeLibrary
  /// Shared by all convolutions.
  private let scratch = ScratchMemory()

  package init(_ library: some ComputeLibrary) { self.library = library }

  package var name: String { library.name }

  package func supports(_ precision: Precision) -> Bool { library.supports(precision) }

  package func order(filters: [Int], precision: Precision) -> ActivationOrder {
    library.order(filters: filters, precision: precision)
  }

  private func require(_ precision: Precision) throws(KernelError) {
    guard supports(precision) else { throw .unsupportedPrecision(precision, backend: name) }
  }

  package func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: ConvolutionDirections
  ) throws(KernelError) -> any Convolution {
    geometry.requireFit(input: input, output: output)
    try require(precision)
    if directions.contains(.backwardWeights) && precision == .float32
      && WinogradF4x4.isFasterForTraining(geometry, input: input, output: output, images: laneImages)
    {
      return try WinogradConvolution(
        geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount,
        needsInputGradient: directions.contains(.backwardInput), scratch: scratch, library: library)
    }
    let isOneChannelFaster = precision == .float32 && OneChannelConvolution.isFaster(for: geometry, output: output)
    let own = try library.makeConvolution(
      geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount, precision: precision,
      directions: isOneChannelFaster ? directions.subtracting(.forward) : directions)
    let missing = directions.subtracting(own?.directions ?? [])
    if let own, missing.isEmpty { return own.convolution }
    let lowered = try LoweredConvolution(
      geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount, precision: precision,
      directions: missing, scratch: scratch, library: library)
    return own.map { MixedConvolution($0.convolution, for: $0.directions, else: lowered) } ?? lowered
  }

  package func makeNormalizedConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int,
    laneCount: Int,
    threadCount: Int
  ) throws(KernelError) -> (any NormalizedConvolution)? {
    geometry.requireFit(input: input, output: norm.shape)
    try require(norm.precision)
    func make(_ transforms: some WinogradTransforms) throws(KernelError) -> any NormalizedConvolution {
      try WinogradNormalizedConvolution(
        transforms, norm: norm, pools: pools, laneImages: laneImages, threadCount: threadCount, scratch: scratch,
        library: library)
    }
    let (output, images) = (norm.shape, laneCount * laneImages)
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
    return try library.makeMatrixProduct(shape, precision: precision)
  }
}

/// A convolution whose directions are divided between two others.
private final class MixedConvolution: Convolution {
  private let first: any Convolution
  private let firstDirections: ConvolutionDirections
  private let second: any Convolution

  init(_ first: any Convolution, for directions: ConvolutionDirections, else second: any Convolution) {
    self.first = first
    firstDirections = directions
    self.second = second
  }

  var description: String { "\(first), \(second)" }

  private func convolution(for direction: ConvolutionDirections) -> any Convolution {
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

  func reduceWeightGradients(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
    convolution(for: .backwardWeights).reduceWeightGradients(into: weights, bias: bias)
  }
}
