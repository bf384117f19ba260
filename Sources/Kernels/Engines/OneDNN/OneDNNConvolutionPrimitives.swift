#if OneDNN
  import COneDNN

  /// The code of those directions of a convolution for which oneDNN has fast code, and the layouts of its operands.
  struct ConvolutionPrimitives {
    let input: OneDNNLayout
    let output: OneDNNLayout
    /// [out, in, kernel, kernel] in float32, as the caller has them.
    let weights: OneDNNLayout
    /// [out]; nil where the convolution has none.
    let bias: OneDNNLayout?
    private(set) var primitives: [ConvolutionDirection: OneDNNPrimitive] = [:]

    init(
      _ geometry: ConvolutionGeometry, inputOrder: dnnl_format_tag_t, outputOrder: dnnl_format_tag_t, laneImages: Int,
      precision: Precision, directions: Set<ConvolutionDirection>, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let input = try OneDNNLayout(
        [laneImages, geometry.inputChannels, geometry.inputHeight, geometry.inputWidth], precision, order: inputOrder)
      let output = try OneDNNLayout(
        [laneImages, geometry.outputChannels, geometry.outputHeight, geometry.outputWidth], precision,
        order: outputOrder)
      let weightShape = [geometry.outputChannels, geometry.inputChannels, geometry.kernel, geometry.kernel]
      let bias = geometry.hasBias ? try OneDNNLayout([geometry.outputChannels], .float32, order: dnnl_a) : nil
      self.input = input
      self.output = output
      self.bias = bias
      weights = try OneDNNLayout(weightShape, .float32, order: dnnl_oihw)
      let strides = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.stride), count: 2)
      let padding = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.padding), count: 2)
      func describe(
        _ kind: dnnl_prop_kind_t, _ weightPrecision: Precision, forward: OneDNNOperation?
      ) throws(OneDNNFailure) -> OneDNNOperation {
        let weights = try OneDNNLayout(weightShape, weightPrecision, order: dnnl_format_tag_any)
        return try OneDNNOperation { operation, attributes in
          glyphline_onednn_convolution(
            &operation, engine.handle, kind, input.handle, weights.handle, bias?.handle, output.handle, strides,
            padding, forward?.handle, attributes)
        }
      }
      // The backward operations are described with it, too.
      let forward = try describe(
        directions == [.forward] ? dnnl_forward_inference : dnnl_forward_training, precision, forward: nil)
      for direction in ConvolutionDirection.allCases where directions.contains(direction) {
        let operation =
          switch direction {
          case .forward: forward
          case .backwardInput: try describe(dnnl_backward_data, precision, forward: forward)
          case .backwardWeights: try describe(dnnl_backward_weights, .float32, forward: forward)
          }
        if !operation.isReference { primitives[direction] = try OneDNNPrimitive(operation) }
      }
    }

    var description: String {
      ConvolutionDirection.allCases.compactMap { direction in
        primitives[direction].map { "\(direction.rawValue): \($0.operation.implementation)" }
      }.joined(separator: ", ")
    }
  }
#endif
