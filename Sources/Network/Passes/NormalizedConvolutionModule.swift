import Kernels

/// In inference, a convolution with the batch norm after it and what runs with that, where the backend is faster so.
struct NormalizedConvolutionModule: Module {
  private let kernel: any NormalizedConvolution
  private let input: Activation
  private let values: Activation
  private let shortcut: ShortcutModule?
  private let weight: ParameterMemory
  private let bias: ParameterMemory?
  private let statistics: NormalizationStatistics

  /// - Parameter pass: That of the batch norm.
  /// - Returns: nil where one pass after the other is as fast.
  /// - Throws: `KernelError` where the backend cannot compute the convolution.
  init?(_ convolution: PlannedLayer, _ pass: FusedPass, in builder: inout ModuleBuilder) throws(KernelError) {
    guard let layer = convolution.layer as? ConvolutionLayer else { return nil }
    let shape = builder.shape(of: convolution.output.planes)
    statistics = NormalizationStatistics(pass, shape: shape, in: builder)
    guard
      let kernel = try builder.backend.makeNormalizedConvolution(
        layer.geometry(of: convolution), input: builder.planes.shape, norm: statistics.norm, pools: pass.pools,
        laneImages: builder.lanes.images, lanes: builder.lanes.count, threadCount: builder.threadCount)
    else { return nil }
    self.kernel = kernel
    input = builder.planes
    values = builder.activation(pass.pools ? shape.pooled(by: 2) : shape, gradient: .none)
    shortcut = pass.tail.adds ? builder.takeShortcut() : nil
    let parameters = builder.memory(of: convolution)
    (weight, bias) = (parameters[0], layer.hasBias ? parameters[1] : nil)
  }

  var output: ModuleOutput { .planes(values) }

  var forward: [Phase] {
    [
      .prepare {
        statistics.useRunning()
        kernel.load(weights: weight.values, bias: bias?.values)
      },
      .lanes { lane in
        kernel.forward(
          input: input.values(lane: lane), residual: shortcut?.source.values(lane: lane),
          output: values.values(lane: lane))
      },
    ]
  }

  /// Inference has none.
  var backward: [Phase] { [] }
}
