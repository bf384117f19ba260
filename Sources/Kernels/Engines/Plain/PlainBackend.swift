/// The reference, in plain Swift: any layout, both precisions, one multiplication at a time.
package struct PlainBackend: Backend {
  package init() {}

  package var name: String { "plain Swift" }

  package func supports(_ precision: Precision) -> Bool { true }

  package func order(filters: [Int], precision: Precision) -> ActivationOrder { .channelsLast }

  package func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, laneCount: Int,
    precision: Precision, directions: Set<ConvolutionDirection>
  ) -> any Convolution {
    geometry.requireFit(input: input, output: output)
    return PlainConvolution(
      geometry, input: input, output: output, laneImages: laneImages, laneCount: laneCount, precision: precision)
  }

  package func makeNormalizedConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int,
    laneCount: Int, threadCount: Int
  ) -> (any NormalizedConvolution)? { nil }

  package func makeMatrixProduct(_ shape: MatrixProductShape, precision: Precision) -> any MatrixProduct {
    PlainMatrixProduct(shape: shape, precision: precision)
  }
}
