import Kernels

/// A convolution with the batch norm that follows it and what runs with that, in a network that only reads.
struct NormalizedConvolutionLayer: Layer {
  private let kernel: any NormalizedConvolution
  private let input: Activation
  private let output: Activation
  private let shortcut: ShortcutLayer?
  private let weight: ParameterMemory
  private let bias: ParameterMemory?
  private let statistics: NormalizationStatistics

  init(
    kernel: any NormalizedConvolution, input: Activation, output: Activation, shortcut: ShortcutLayer?,
    weight: ParameterMemory, bias: ParameterMemory?, statistics: NormalizationStatistics
  ) {
    self.kernel = kernel
    self.input = input
    self.output = output
    self.shortcut = shortcut
    self.weight = weight
    self.bias = bias
    self.statistics = statistics
  }

  var forward: [Phase] {
    [
      .prepare {
        statistics.useRunning()
        kernel.load(weights: weight.values, bias: bias?.values)
      },
      .lanes { lane in
        kernel.forward(
          input: input.values(lane: lane), residual: shortcut?.source.values(lane: lane),
          output: output.values(lane: lane))
      },
    ]
  }

  /// Nothing is learned here.
  var backward: [Phase] { [] }
}
