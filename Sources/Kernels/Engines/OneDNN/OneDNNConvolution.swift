#if OneDNN
  import COneDNN

  /// A convolution by oneDNN. Weights and their gradients live in the layouts that oneDNN chooses for each direction.
  // SAFETY: a lane's memory objects are used by one thread at a time; what the lanes share (primitives and weights)
  // changes only in `loadWeights`, while no lane runs.
  final class OneDNNConvolution: Convolution, @unchecked Sendable {
    private let geometry: ConvolutionGeometry
    private let lanes: [Lane]
    /// The caller's weights, [out, in, kernel, kernel] in float32, and their copy in each direction's layout.
    private let canonicalWeights: OneDNNMemory
    private let weightCopies: [Reorder]
    private let bias: OneDNNMemory?
    /// The sum of the lanes' gradients, in their layout, and from there to the caller's.
    private let gradientReduction: Reorder?
    private let stream: OneDNNStream
    let description: String

    init(
      _ geometry: ConvolutionGeometry, _ operations: ConvolutionOperations, lanes laneCount: Int, engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      self.geometry = geometry
      description = operations.description
      let layouts = operations.layouts
      let forward = try operations.forward.map(OneDNNPrimitive.init)
      let backwardInput = try operations.backwardInput.map(OneDNNPrimitive.init)
      let backwardWeights = try operations.backwardWeights.map(OneDNNPrimitive.init)
      stream = try OneDNNStream(engine)
      let canonicalWeights = try OneDNNMemory(layouts.canonicalWeights, engine, ownsBuffer: false)
      self.canonicalWeights = canonicalWeights
      var copies: [Reorder] = []
      /// The weights as a direction wants them; two that want the same share them.
      func weights(for primitive: OneDNNPrimitive?) throws(OneDNNFailure) -> OneDNNMemory? {
        guard let wanted = try primitive?.operation.layout(of: dnnl_query_weights_md) else { return nil }
        if let present = copies.first(where: { $0.destinationLayout.isEqual(to: wanted) }) {
          return present.destination
        }
        let copy = try Reorder(from: canonicalWeights, layouts.canonicalWeights, to: wanted, engine)
        copies.append(copy)
        return copy.destination
      }
      let forwardWeights = try weights(for: forward)
      let backwardInputWeights = try weights(for: backwardInput)
      weightCopies = copies
      bias = geometry.hasBias ? try OneDNNMemory(layouts.bias, engine, ownsBuffer: true) : nil

      var lanes: [Lane] = []
      for _ in 0..<laneCount {
        var lane = try Lane(engine)
        if let forward, let forwardWeights {
          lane.forward = try Execution(
            forward, engine, input: (DNNL_ARG_SRC, layouts.input), output: (DNNL_ARG_DST, layouts.output),
            fixed: [(DNNL_ARG_WEIGHTS, forwardWeights)] + (bias.map { [(DNNL_ARG_BIAS, $0)] } ?? []))
        }
        if let backwardInput, let backwardInputWeights {
          lane.backwardInput = try Execution(
            backwardInput, engine, input: (DNNL_ARG_DIFF_DST, layouts.output),
            output: (DNNL_ARG_DIFF_SRC, layouts.input), fixed: [(DNNL_ARG_WEIGHTS, backwardInputWeights)])
        }
        if let backwardWeights {
          let weights = try OneDNNMemory(
            backwardWeights.operation.layout(of: dnnl_query_diff_weights_md), engine, ownsBuffer: true)
          let bias = geometry.hasBias ? try OneDNNMemory(layouts.bias, engine, ownsBuffer: true) : nil
          lane.weightGradient = weights.buffer
          lane.biasGradient = bias?.buffer
          lane.backwardWeights = try Execution(
            backwardWeights, engine, input: (DNNL_ARG_SRC, layouts.input), output: (DNNL_ARG_DIFF_DST, layouts.output),
            fixed: [(DNNL_ARG_DIFF_WEIGHTS, weights)] + (bias.map { [(DNNL_ARG_DIFF_BIAS, $0)] } ?? []))
        }
        lanes.append(lane)
      }
      self.lanes = lanes
      if let backwardWeights {
        let layout = try backwardWeights.operation.layout(of: dnnl_query_diff_weights_md)
        let sum = try OneDNNMemory(layout, engine, ownsBuffer: true)
        gradientReduction = try Reorder(from: sum, layout, to: layouts.canonicalWeights, engine, ownsBuffer: false)
      } else {
        gradientReduction = nil
      }
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
      lanes[lane].execute(
        lanes[lane].backwardWeights, input: input, output: UnsafeMutableRawPointer(mutating: outputGradient))
    }

    func reduceWeightGradients(into weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?) {
      guard let reduction = gradientReduction, let sum = reduction.source.buffer else {
        preconditionFailure("the convolution was made without this direction")
      }
      glyphline_onednn_use_calling_thread_only()
      addFloats(lanes.compactMap(\.weightGradient), into: sum.pointer(to: Float.self), count: sum.byteCount / 4)
      reduction.destination.setAddress(UnsafeMutableRawPointer(weights))
      reduction.execute(on: stream)
      if let bias { addFloats(lanes.compactMap(\.biasGradient), into: bias, count: geometry.outputChannels) }
    }
  }

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
      // The backward operations ask for it as well.
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
      [("forward", forward), ("backward input", backwardInput), ("backward weights", backwardWeights)]
        .compactMap { name, operation in operation.map { "\(name): \($0.implementation)" } }.joined(separator: ", ")
    }
  }

  /// Layouts of a convolution's operands.
  struct ConvolutionLayouts {
    let input: OneDNNLayout
    let output: OneDNNLayout
    /// [out, in, kernel, kernel] in float32, as the caller has them.
    let canonicalWeights: OneDNNLayout
    /// In whatever order oneDNN likes best.
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
