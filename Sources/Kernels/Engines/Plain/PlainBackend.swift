/// The reference, in plain Swift: any layout, both precisions, one multiplication at a time.
package struct PlainBackend: Backend {
  package init() {}

  package var name: String { "plain Swift" }

  package func supports(_ precision: Precision) -> Bool { true }

  package func order(filters: [Int], precision: Precision) -> ActivationOrder { .channelsLast }

  package func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
    precision: Precision, directions: ConvolutionDirections
  ) throws(KernelError) -> any Convolution {
    geometry.requireFit(input: input, output: output)
    return switch precision {
    case .float32:
      PlainConvolution<Float>(geometry, input: input, output: output, laneImages: laneImages, lanes: lanes)
    case .bfloat16:
      PlainConvolution<BFloat16>(geometry, input: input, output: output, laneImages: laneImages, lanes: lanes)
    }
  }

  package func makeNormalizedConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, norm: BatchNorm, pools: Bool, laneImages: Int, lanes: Int,
    threadCount: Int
  ) -> (any NormalizedConvolution)? { nil }

  package func makeMatrixProduct(
    _ shape: MatrixProductShape, precision: Precision
  ) throws(KernelError) -> any MatrixProduct {
    switch precision {
    case .float32: PlainMatrixProduct<Float>(shape)
    case .bfloat16: PlainMatrixProduct<BFloat16>(shape)
    }
  }
}

extension ConvolutionGeometry {
  /// - Precondition: `input` and `output` have this convolution's channels, height and width.
  func requireFit(input: ActivationShape, output: ActivationShape) {
    precondition(input.channels == inputChannels && input.height == inputHeight && input.width == inputWidth)
    precondition(output.channels == outputChannels && output.height == outputHeight && output.width == outputWidth)
  }
}
