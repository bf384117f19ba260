#if OneDNN
  import COneDNN

  /// The directions of a convolution for which oneDNN has fast code.
  struct ConvolutionOperations {
    let layouts: ConvolutionLayouts
    private(set) var forward: OneDNNOperation?
    private(set) var backwardInput: OneDNNOperation?
    private(set) var backwardWeights: OneDNNOperation?

    init(
      _ geometry: ConvolutionGeometry, inputOrder: dnnl_format_tag_t, outputOrder: dnnl_format_tag_t, laneImages: Int,
      precision: Precision, directions: ConvolutionDirections, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let layouts = try ConvolutionLayouts(
        geometry, inputOrder: inputOrder, outputOrder: outputOrder, laneImages: laneImages, precision: precision)
      self.layouts = layouts
      let bias = geometry.hasBias ? layouts.bias.handle : nil
      let strides = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.stride), count: 2)
      let padding = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.padding), count: 2)
      let kind = directions == .forward ? dnnl_forward_inference : dnnl_forward_training
      // The backward operations are described with it, too.
      let forward = try OneDNNOperation { operation, attributes in
        glyphline_onednn_convolution_forward(
          &operation, engine.handle, kind, layouts.input.handle, layouts.weights.handle, bias, layouts.output.handle,
          strides, padding, attributes)
      }
      if directions.contains(.forward) && !forward.isReference { self.forward = forward }
      if directions.contains(.backwardInput) {
        let operation = try OneDNNOperation { operation, attributes in
          glyphline_onednn_convolution_backward_input(
            &operation, engine.handle, layouts.input.handle, layouts.weights.handle, layouts.output.handle, strides,
            padding, forward.handle, attributes)
        }
        if !operation.isReference { backwardInput = operation }
      }
      if directions.contains(.backwardWeights) {
        let operation = try OneDNNOperation { operation, attributes in
          glyphline_onednn_convolution_backward_weights(
            &operation, engine.handle, layouts.input.handle, layouts.weightGradient.handle, bias,
            layouts.output.handle, strides, padding, forward.handle, attributes)
        }
        if !operation.isReference { backwardWeights = operation }
      }
    }

    var directions: ConvolutionDirections {
      var result: ConvolutionDirections = []
      if forward != nil { result.insert(.forward) }
      if backwardInput != nil { result.insert(.backwardInput) }
      if backwardWeights != nil { result.insert(.backwardWeights) }
      return result
    }

    var description: String {
      zip(ConvolutionDirections.named, [forward, backwardInput, backwardWeights])
        .compactMap { direction, operation in operation.map { "\(direction.name): \($0.implementation)" } }
        .joined(separator: ", ")
    }
  }

  /// Layouts of a convolution's operands.
  struct ConvolutionLayouts {
    let input: OneDNNLayout
    let output: OneDNNLayout
    /// [out, in, kernel, kernel] in float32, as the caller has them.
    let canonicalWeights: OneDNNLayout
    /// In the order that oneDNN chooses.
    let weights: OneDNNLayout
    let weightGradient: OneDNNLayout
    let bias: OneDNNLayout

    init(
      _ geometry: ConvolutionGeometry, inputOrder: dnnl_format_tag_t, outputOrder: dnnl_format_tag_t, laneImages: Int,
      precision: Precision
    ) throws(OneDNNFailure) {
      let weightShape = [geometry.outputChannels, geometry.inputChannels, geometry.kernel, geometry.kernel]
      input = try OneDNNLayout(
        [laneImages, geometry.inputChannels, geometry.inputHeight, geometry.inputWidth], precision, order: inputOrder)
      output = try OneDNNLayout(
        [laneImages, geometry.outputChannels, geometry.outputHeight, geometry.outputWidth], precision,
        order: outputOrder)
      canonicalWeights = try OneDNNLayout(weightShape, .float32, order: dnnl_oihw)
      weights = try OneDNNLayout(weightShape, precision, order: dnnl_format_tag_any)
      weightGradient = try OneDNNLayout(weightShape, .float32, order: dnnl_format_tag_any)
      bias = try OneDNNLayout([geometry.outputChannels], .float32, order: dnnl_a)
    }
  }
#endif
