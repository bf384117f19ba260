import Kernels

extension ConvolutionLayer {
  /// This convolution, in the plan as `planned`, and the pass of the batch norm after it as one module, for inference.
  /// - Returns: nil where two passes are as fast.
  /// - Throws: `KernelError` where the backend cannot compute the convolution.
  func normalizedModule(
    _ planned: PlannedLayer, _ pass: FusedPass, in builder: inout ModuleBuilder
  ) throws(KernelError) -> Module? {
    let (input, shape) = (builder.output.planes, builder.shape(of: planned.output))
    let statistics = NormalizationStatistics(pass, shape: shape, in: builder)
    guard
      let kernel = try builder.backend.makeNormalizedConvolution(
        geometry(for: planned.input.planes), input: input.shape, norm: statistics.norm, pools: pass.pools,
        laneImages: builder.lanes.images, laneCount: builder.lanes.count, threadCount: builder.threadCount)
    else { return nil }
    let output = builder.activation(pass.pools ? shape.pooled(by: 2) : shape, gradient: .none)
    let shortcut = pass.adds ? builder.takeShortcut() : nil
    let parameters = builder.memory(of: planned)
    let (weight, bias) = (parameters[0], hasBias ? parameters[1] : nil)
    return Module(
      output: .planes(output),
      forward: [
        .prepare {
          statistics.useRunning()
          kernel.load(weights: weight.values, bias: bias?.values)
        },
        .lanes { lane in
          kernel.forward(
            input: input.values(lane: lane), residual: shortcut?.source.values(lane: lane),
            output: output.values(lane: lane))
        },
      ], backward: [])
  }
}
