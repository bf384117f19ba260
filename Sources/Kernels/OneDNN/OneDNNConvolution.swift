#if OneDNN
  import COneDNN

  /// A convolution by oneDNN. Weights and their gradients live in the layouts that oneDNN chooses for each direction.
  // SAFETY: a lane's memory objects are used by one thread at a time; what the lanes share (primitives and weights)
  // changes only in `loadWeights`, while no lane runs.
  final class OneDNNConvolution: Convolution, CustomStringConvertible, @unchecked Sendable {
    private let geometry: ConvolutionGeometry
    private let lanes: [Lane]
    /// The caller's weights, [out, in, kernel, kernel] in float32, and their copy in each direction's layout.
    private let canonicalWeights: OneDNNMemory
    private let weightCopies: [Reorder]
    private let bias: OneDNNMemory?
    /// In place of oneDNN's code where that has no fast one.
    private let ownWeightGradient: (any WeightGradient)?
    /// The sum of the lanes' gradients, in their layout, and from there to the caller's.
    private let gradientReduction: Reorder?
    private let stream: OneDNNStream

    init(
      _ geometry: ConvolutionGeometry, input: ActivationShape, inputLayout: dnnl_format_tag_t, output: ActivationShape,
      outputLayout: dnnl_format_tag_t, laneImages: Int, lanes laneCount: Int, precision: Precision, training: Bool,
      needsInputGradient: Bool, backend: OneDNNBackend, engine: OneDNNEngine
    ) throws(KernelError) {
      var step = "forward convolution"
      var needsOwnWeightGradient = false
      do throws(OneDNNFailure) {
        let operands = try ConvolutionOperands(
          geometry, inputLayout: inputLayout, outputLayout: outputLayout, laneImages: laneImages, precision: precision)
        let forward = try operands.makeForward(engine, training: training)
        step = "backward convolution to the input"
        let backwardInput =
          training && needsInputGradient ? try operands.makeBackwardInput(engine, hint: forward) : nil
        step = "backward convolution to the weights"
        var backwardWeights = training ? try operands.makeBackwardWeights(engine, hint: forward) : nil
        if backwardWeights?.implementation.hasPrefix("ref") == true {
          backwardWeights = nil
          needsOwnWeightGradient = true
        }

        step = "convolution buffers"
        stream = try OneDNNStream(engine)
        canonicalWeights = try OneDNNMemory(operands.canonicalWeights, engine, ownsBuffer: false)
        let forwardWeights = try Reorder(
          from: canonicalWeights, operands.canonicalWeights, to: forward.memoryDescription(dnnl_query_weights_md),
          engine)
        var copies = [forwardWeights]
        var backwardInputWeights = forwardWeights
        if let backwardInput {
          var wanted = try backwardInput.memoryDescription(dnnl_query_weights_md)
          var present = forwardWeights.destinationDescription
          if dnnl_memory_desc_equal(&wanted, &present) == 0 {
            backwardInputWeights = try Reorder(from: canonicalWeights, operands.canonicalWeights, to: wanted, engine)
            copies.append(backwardInputWeights)
          }
        }
        weightCopies = copies
        bias = geometry.hasBias ? try OneDNNMemory(operands.bias, engine, ownsBuffer: true) : nil

        var lanes: [Lane] = []
        for _ in 0..<laneCount {
          var lane = try Lane(engine)
          lane.forward = try Execution(
            forward, engine, input: (DNNL_ARG_SRC, operands.input), output: (DNNL_ARG_DST, operands.output),
            fixed: [(DNNL_ARG_WEIGHTS, forwardWeights.destination)] + (bias.map { [(DNNL_ARG_BIAS, $0)] } ?? []))
          if let backwardInput {
            lane.backwardInput = try Execution(
              backwardInput, engine, input: (DNNL_ARG_DIFF_DST, operands.output),
              output: (DNNL_ARG_DIFF_SRC, operands.input),
              fixed: [(DNNL_ARG_WEIGHTS, backwardInputWeights.destination)])
          }
          if let backwardWeights {
            let weights = try OneDNNMemory(
              backwardWeights.memoryDescription(dnnl_query_diff_weights_md), engine, ownsBuffer: true)
            let bias = geometry.hasBias ? try OneDNNMemory(operands.bias, engine, ownsBuffer: true) : nil
            lane.weightGradient = weights.buffer
            lane.biasGradient = bias?.buffer
            lane.backwardWeights = try Execution(
              backwardWeights, engine, input: (DNNL_ARG_SRC, operands.input),
              output: (DNNL_ARG_DIFF_DST, operands.output),
              fixed: [(DNNL_ARG_DIFF_WEIGHTS, weights)] + (bias.map { [(DNNL_ARG_DIFF_BIAS, $0)] } ?? []))
          }
          lanes.append(lane)
        }
        self.lanes = lanes
        if let backwardWeights {
          let layout = try backwardWeights.memoryDescription(dnnl_query_diff_weights_md)
          let sum = try OneDNNMemory(layout, engine, ownsBuffer: true)
          gradientReduction = try Reorder(from: sum, layout, to: operands.canonicalWeights, engine, ownsBuffer: false)
        } else {
          gradientReduction = nil
        }
      } catch {
        throw .oneDNN(operation: step, geometry: geometry, status: error.status.rawValue)
      }
      self.geometry = geometry
      guard needsOwnWeightGradient else {
        ownWeightGradient = nil
        return
      }
      if let direct = OneChannelWeightGradient(
        geometry, output: output, laneImages: laneImages, lanes: laneCount, precision: precision)
      {
        ownWeightGradient = direct
      } else {
        ownWeightGradient = try LoweredWeightGradient(
          geometry, input: input, output: output, laneImages: laneImages, lanes: laneCount, precision: precision,
          backend: backend)
      }
    }

    /// The code that oneDNN chose for each direction, for people who look into its speed.
    package var description: String {
      [lanes.first?.forward, lanes.first?.backwardInput, lanes.first?.backwardWeights]
        .compactMap { $0?.implementation }.joined(separator: ", ")
    }

    func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
      glyphline_onednn_use_calling_thread_only()
      canonicalWeights.setAddress(UnsafeRawPointer(weights))
      for copy in weightCopies { copy.execute(on: stream) }
      if let bias, let buffer = self.bias?.buffer {
        buffer.address.copyMemory(from: bias, byteCount: geometry.outputChannels * MemoryLayout<Float>.size)
      }
    }

    func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
      lanes[lane].execute(lanes[lane].forward, input: input, output: output)
    }

    func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
      lanes[lane].execute(lanes[lane].backwardInput, input: outputGradient, output: inputGradient)
    }

    func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
      if let ownWeightGradient {
        return ownWeightGradient.run(lane: lane, input: input, outputGradient: outputGradient)
      }
      lanes[lane].execute(
        lanes[lane].backwardWeights, input: input, output: UnsafeMutableRawPointer(mutating: outputGradient))
    }

    func reduceWeightGradients(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
      if let ownWeightGradient { return ownWeightGradient.reduce(into: weights, bias: bias) }
      guard let reduction = gradientReduction, let sum = reduction.source.buffer else {
        preconditionFailure("a convolution that is made for inference has no gradients")
      }
      glyphline_onednn_use_calling_thread_only()
      addFloats(lanes.compactMap(\.weightGradient), into: sum.pointer(to: Float.self), count: sum.byteCount / 4)
      reduction.destination.setAddress(UnsafeMutableRawPointer(weights))
      reduction.execute(on: stream)
      if let bias { addFloats(lanes.compactMap(\.biasGradient), into: bias, count: geometry.outputChannels) }
    }
  }

  /// Shapes, layouts and element types of a convolution's operands.
  private struct ConvolutionOperands {
    let input: dnnl_memory_desc_t
    let output: dnnl_memory_desc_t
    let canonicalWeights: dnnl_memory_desc_t
    let bias: dnnl_memory_desc_t
    private let anyWeights: dnnl_memory_desc_t
    private let anyWeightGradient: dnnl_memory_desc_t
    private let hasBias: Bool
    private let strides: [dnnl_dim_t]
    private let padding: [dnnl_dim_t]

    init(
      _ geometry: ConvolutionGeometry, inputLayout: dnnl_format_tag_t, outputLayout: dnnl_format_tag_t, laneImages: Int,
      precision: Precision
    ) throws(OneDNNFailure) {
      let type = precision == .float32 ? dnnl_f32 : dnnl_bf16
      let weightShape = [geometry.outputChannels, geometry.inputChannels, geometry.kernel, geometry.kernel]
      input = try Self.describe(
        [laneImages, geometry.inputChannels, geometry.inputHeight, geometry.inputWidth], type, inputLayout)
      output = try Self.describe(
        [laneImages, geometry.outputChannels, geometry.outputHeight, geometry.outputWidth], type, outputLayout)
      canonicalWeights = try Self.describe(weightShape, dnnl_f32, dnnl_oihw)
      anyWeights = try Self.describe(weightShape, type, dnnl_format_tag_any)
      anyWeightGradient = try Self.describe(weightShape, dnnl_f32, dnnl_format_tag_any)
      bias = try Self.describe([geometry.outputChannels], dnnl_f32, dnnl_a)
      hasBias = geometry.hasBias
      strides = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.stride), count: 2)
      padding = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.padding), count: 2)
    }

    private static func describe(
      _ shape: [Int], _ type: dnnl_data_type_t, _ layout: dnnl_format_tag_t
    ) throws(OneDNNFailure) -> dnnl_memory_desc_t {
      var description = dnnl_memory_desc_t()
      let shape = shape.map { dnnl_dim_t($0) }
      try OneDNNFailure.check(dnnl_memory_desc_init_by_tag(&description, Int32(shape.count), shape, type, layout))
      return description
    }

    func makeForward(_ engine: OneDNNEngine, training: Bool) throws(OneDNNFailure) -> OneDNNPrimitive {
      var (input, output, weights, bias) = (input, output, anyWeights, bias)
      var operation = dnnl_convolution_desc_t()
      let kind = training ? dnnl_forward_training : dnnl_forward_inference
      let status =
        hasBias
        ? dnnl_convolution_forward_desc_init(
          &operation, kind, dnnl_convolution_direct, &input, &weights, &bias, &output, strides, padding, padding)
        : dnnl_convolution_forward_desc_init(
          &operation, kind, dnnl_convolution_direct, &input, &weights, nil, &output, strides, padding, padding)
      try OneDNNFailure.check(status)
      return try OneDNNPrimitive(operation: &operation, engine)
    }

    func makeBackwardInput(_ engine: OneDNNEngine, hint: OneDNNPrimitive) throws(OneDNNFailure) -> OneDNNPrimitive {
      var (input, output, weights) = (input, output, anyWeights)
      var operation = dnnl_convolution_desc_t()
      try OneDNNFailure.check(
        dnnl_convolution_backward_data_desc_init(
          &operation, dnnl_convolution_direct, &input, &weights, &output, strides, padding, padding))
      return try OneDNNPrimitive(operation: &operation, engine, hint: hint)
    }

    func makeBackwardWeights(_ engine: OneDNNEngine, hint: OneDNNPrimitive) throws(OneDNNFailure) -> OneDNNPrimitive {
      var (input, output, weights, bias) = (input, output, anyWeightGradient, bias)
      var operation = dnnl_convolution_desc_t()
      let status =
        hasBias
        ? dnnl_convolution_backward_weights_desc_init(
          &operation, dnnl_convolution_direct, &input, &weights, &bias, &output, strides, padding, padding)
        : dnnl_convolution_backward_weights_desc_init(
          &operation, dnnl_convolution_direct, &input, &weights, nil, &output, strides, padding, padding)
      try OneDNNFailure.check(status)
      return try OneDNNPrimitive(operation: &operation, engine, hint: hint)
    }
  }

  /// What one thread at a time uses of a convolution.
  private struct Lane {
    let stream: OneDNNStream
    var forward: Execution?
    var backwardInput: Execution?
    var backwardWeights: Execution?
    /// In oneDNN's layout for this convolution.
    var weightGradient: AlignedBuffer?
    var biasGradient: AlignedBuffer?

    init(_ engine: OneDNNEngine) throws(OneDNNFailure) { stream = try OneDNNStream(engine) }

    func execute(_ execution: Execution?, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
      guard let execution else { preconditionFailure("the convolution was made without this direction") }
      glyphline_onednn_use_calling_thread_only()
      execution(input: input, output: output, on: stream)
    }
  }
#endif
