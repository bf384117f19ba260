/// A convolution with a square kernel, the same stride and zero padding in both directions, and no dilation or groups.
package struct ConvolutionGeometry: Hashable, Sendable {
  package let inputChannels: Int
  package let outputChannels: Int
  /// Width and height of the kernel.
  package let kernel: Int
  package let stride: Int
  /// Rows and columns of zeros on every side.
  package let padding: Int
  package let hasBias: Bool
  package let inputHeight: Int
  package let inputWidth: Int

  /// - Precondition: sizes are positive, padding is not negative, and the kernel fits into the padded input.
  package init(
    inputChannels: Int, outputChannels: Int, kernel: Int, stride: Int, padding: Int, hasBias: Bool, inputHeight: Int,
    inputWidth: Int
  ) {
    precondition(inputChannels > 0 && outputChannels > 0 && kernel > 0 && stride > 0 && padding >= 0)
    precondition(inputHeight + 2 * padding >= kernel && inputWidth + 2 * padding >= kernel)
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.hasBias = hasBias
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
  }

  package var outputHeight: Int { (inputHeight + 2 * padding - kernel) / stride + 1 }
  package var outputWidth: Int { (inputWidth + 2 * padding - kernel) / stride + 1 }

  /// Weights, without the bias.
  package var weightCount: Int { outputChannels * inputChannels * kernel * kernel }

  /// - Precondition: `input` and `output` have this convolution's channels, height and width.
  func requireFit(input: ActivationShape, output: ActivationShape) {
    precondition(input.channels == inputChannels && input.height == inputHeight && input.width == inputWidth)
    precondition(output.channels == outputChannels && output.height == outputHeight && output.width == outputWidth)
  }
}
