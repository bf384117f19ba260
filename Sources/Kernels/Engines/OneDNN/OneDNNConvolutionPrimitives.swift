#if OneDNN
  import COneDNN

  /// The code of those directions of a convolution for which oneDNN has fast code.
  struct ConvolutionPrimitives {
    let layouts: ConvolutionLayouts
    private(set) var forward: OneDNNPrimitive?
    private(set) var backwardInput: OneDNNPrimitive?
    private(set) var backwardWeights: OneDNNPrimitive?

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
      if directions.contains(.forward) { self.forward = try primitive(forward) }
      if directions.contains(.backwardInput) {
        let operation = try OneDNNOperation { operation, attributes in
          glyphline_onednn_convolution_backward_input(
            &operation, engine.handle, layouts.input.handle, layouts.weights.handle, layouts.output.handle, strides,
            padding, forward.handle, attributes)
        }
        backwardInput = try primitive(operation)
      }
      if directions.contains(.backwardWeights) {
        let operation = try OneDNNOperation { operation, attributes in
          glyphline_onednn_convolution_backward_weights(
            &operation, engine.handle, layouts.input.handle, layouts.weightGradient.handle, bias,
            layouts.output.handle, strides, padding, forward.handle, attributes)
        }
        backwardWeights = try primitive(operation)
      }
    }

    private func primitive(_ operation: OneDNNOperation) throws(OneDNNFailure) -> OneDNNPrimitive? {
      operation.isReference ? nil : try OneDNNPrimitive(operation)
    }

    private var named: [(direction: ConvolutionDirections, name: String, primitive: OneDNNPrimitive)] {
      zip(ConvolutionDirections.named, [forward, backwardInput, backwardWeights]).compactMap { named, primitive in
        primitive.map { (named.direction, named.name, $0) }
      }
    }

    var directions: ConvolutionDirections { named.reduce(into: []) { $0.insert($1.direction) } }

    var description: String {
      named.map { "\($0.name): \($0.primitive.operation.implementation)" }.joined(separator: ", ")
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
