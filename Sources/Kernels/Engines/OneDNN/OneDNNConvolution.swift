#if OneDNN
  import COneDNN

  /// A convolution by oneDNN. Weights and their gradients are kept in the layouts that oneDNN chooses for each direction.
  // SAFETY: a lane's memory objects are used by one thread at a time; what the lanes share (primitives and weights)
  // changes only in `loadWeights`, while no lane runs.
  final class OneDNNConvolution: Convolution, @unchecked Sendable {
    private let geometry: ConvolutionGeometry
    private let weights: ConvolutionWeights
    private let lanes: [Lane]
    /// Copies the sum of the lanes' gradients from their layout to the caller's.
    private let gradientReduction: Reorder?
    private let stream: OneDNNStream
    let description: String

    init(
      _ geometry: ConvolutionGeometry, _ primitives: ConvolutionPrimitives, laneCount: Int, engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      self.geometry = geometry
      description = primitives.description
      stream = try OneDNNStream(engine)
      let weights = try ConvolutionWeights(primitives, hasBias: geometry.hasBias, engine)
      self.weights = weights
      var lanes: [Lane] = []
      for _ in 0..<laneCount {
        lanes.append(try Lane(primitives, weights, hasBias: geometry.hasBias, engine))
      }
      self.lanes = lanes
      if let backwardWeights = primitives.backwardWeights {
        let layout = try backwardWeights.operation.layout(of: dnnl_query_diff_weights_md)
        let sum = try OneDNNMemory(layout, engine, ownsBuffer: true)
        gradientReduction = try Reorder(
          from: sum, layout, to: primitives.layouts.canonicalWeights, engine, ownsBuffer: false)
      } else {
        gradientReduction = nil
      }
    }

    func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
      glyphline_onednn_use_calling_thread_only()
      self.weights.load(weights, on: stream)
      if let bias, let buffer = self.weights.bias?.buffer {
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

  /// The weights in the layout of each direction that multiplies them.
  private struct ConvolutionWeights {
    /// The caller's weights, [out, in, kernel, kernel] in float32.
    private let canonical: OneDNNMemory
    private var copies: [Reorder] = []
    private(set) var forward: OneDNNMemory?
    private(set) var backwardInput: OneDNNMemory?
    let bias: OneDNNMemory?

    init(
      _ primitives: ConvolutionPrimitives, hasBias: Bool, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let layouts = primitives.layouts
      canonical = try OneDNNMemory(layouts.canonicalWeights, engine, ownsBuffer: false)
      bias = hasBias ? try OneDNNMemory(layouts.bias, engine, ownsBuffer: true) : nil
      forward = try copy(for: primitives.forward, layouts, engine)
      backwardInput = try copy(for: primitives.backwardInput, layouts, engine)
    }

    /// The copy for one direction; directions with the same layout share it.
    private mutating func copy(
      for primitive: OneDNNPrimitive?, _ layouts: ConvolutionLayouts, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) -> OneDNNMemory? {
      guard let layout = try primitive?.operation.layout(of: dnnl_query_weights_md) else { return nil }
      if let present = copies.first(where: { $0.destinationLayout.isEqual(to: layout) }) { return present.destination }
      let copy = try Reorder(from: canonical, layouts.canonicalWeights, to: layout, engine)
      copies.append(copy)
      return copy.destination
    }

    func load(_ weights: UnsafePointer<Float>, on stream: OneDNNStream) {
      canonical.setAddress(UnsafeRawPointer(weights))
      for copy in copies { copy.execute(on: stream) }
    }
  }

  /// What one thread at a time uses of a convolution.
  private struct Lane {
    private let stream: OneDNNStream
    private(set) var forward: Execution?
    private(set) var backwardInput: Execution?
    private(set) var backwardWeights: Execution?
    /// In oneDNN's layout for this convolution.
    private(set) var weightGradient: AlignedBuffer?
    private(set) var biasGradient: AlignedBuffer?

    init(
      _ primitives: ConvolutionPrimitives, _ weights: ConvolutionWeights, hasBias: Bool, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let layouts = primitives.layouts
      stream = try OneDNNStream(engine)
      if let primitive = primitives.forward, let copy = weights.forward {
        forward = try Execution(
          primitive, engine, input: (DNNL_ARG_SRC, layouts.input), output: (DNNL_ARG_DST, layouts.output),
          fixed: [(DNNL_ARG_WEIGHTS, copy)] + (weights.bias.map { [(DNNL_ARG_BIAS, $0)] } ?? []))
      }
      if let primitive = primitives.backwardInput, let copy = weights.backwardInput {
        backwardInput = try Execution(
          primitive, engine, input: (DNNL_ARG_DIFF_DST, layouts.output), output: (DNNL_ARG_DIFF_SRC, layouts.input),
          fixed: [(DNNL_ARG_WEIGHTS, copy)])
      }
      if let primitive = primitives.backwardWeights {
        let gradient = try OneDNNMemory(
          primitive.operation.layout(of: dnnl_query_diff_weights_md), engine, ownsBuffer: true)
        let bias = hasBias ? try OneDNNMemory(layouts.bias, engine, ownsBuffer: true) : nil
        weightGradient = gradient.buffer
        biasGradient = bias?.buffer
        backwardWeights = try Execution(
          primitive, engine, input: (DNNL_ARG_SRC, layouts.input), output: (DNNL_ARG_DIFF_DST, layouts.output),
          fixed: [(DNNL_ARG_DIFF_WEIGHTS, gradient)] + (bias.map { [(DNNL_ARG_DIFF_BIAS, $0)] } ?? []))
      }
    }

    func execute(_ execution: Execution?, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
      guard let execution else { preconditionFailure("the convolution was made without this direction") }
      glyphline_onednn_use_calling_thread_only()
      execution(input: input, output: output, on: stream)
    }
  }
#endif
