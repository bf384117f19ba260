/// The reference, in plain Swift: any layout, both precisions, one multiplication at a time.
package struct PlainBackend: Backend {
  package init() {}

  package var name: String { "plain Swift" }

  package func supports(_ precision: Precision) -> Bool { true }

  package func preferredBlock(channels: Int, precision: Precision) -> Int { channels }

  package func makeConvolution(
    _ geometry: ConvolutionGeometry, input: ActivationShape, output: ActivationShape, laneImages: Int, lanes: Int,
    precision: Precision, training: Bool, needsInputGradient: Bool
  ) throws(KernelError) -> any Convolution {
    geometry.requireFit(input: input, output: output)
    return switch precision {
    case .float32:
      PlainConvolution<Float>(geometry, input: input, output: output, laneImages: laneImages, lanes: lanes)
    case .bfloat16:
      PlainConvolution<BFloat16>(geometry, input: input, output: output, laneImages: laneImages, lanes: lanes)
    }
  }

  package func matrixMultiply(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Float, a: UnsafePointer<Float>, lda: Int,
    b: UnsafePointer<Float>, ldb: Int, beta: Float, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    for row in 0..<m {
      let sums = c + row * ldc
      for column in 0..<n { sums[column] = beta == 0 ? 0 : sums[column] * beta }
      for inner in 0..<k {
        let factor = alpha * (transposeA ? a[inner * lda + row] : a[row * lda + inner])
        if transposeB {
          for column in 0..<n { sums[column] += factor * b[column * ldb + inner] }
        } else {
          for column in 0..<n { sums[column] += factor * b[inner * ldb + column] }
        }
      }
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
