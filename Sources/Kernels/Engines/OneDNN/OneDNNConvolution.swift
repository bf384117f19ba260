#if OneDNN
  import COneDNN

  /// A convolution by oneDNN. Weights and their gradients are kept in the layouts that oneDNN chooses for each direction.
  final class OneDNNConvolution: Convolution {
    private let outputChannels: Int
    /// Copy the caller's weights to the layouts of the directions that multiply them.
    private let weightCopies: [Execution]
    private let bias: AlignedBuffer?
    private let lanes: [Lane]
    /// Of a weight gradient, and its copy to the caller's layout; nil where the convolution was made without it.
    private let weightGradient: (count: Int, copy: Execution)?
    let description: String

    init(
      _ geometry: ConvolutionGeometry, _ primitives: ConvolutionPrimitives, laneCount: Int, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      outputChannels = geometry.outputChannels
      description = primitives.description
      let bias = primitives.bias.map { AlignedBuffer(byteCount: $0.byteCount) }
      self.bias = bias
      var weights: [ConvolutionDirection: Execution.Operand] = [:]
      var copies: [Execution] = []
      for direction in [ConvolutionDirection.forward, .backwardInput] {
        guard let operation = primitives.primitives[direction]?.operation else { continue }
        let layout = try OneDNNLayout(of: dnnl_query_weights_md, in: operation)
        // Directions with the same layout share a copy.
        if let shared = weights.values.first(where: { $0.layout.isEqual(to: layout) }) {
          weights[direction] = shared
        } else {
          let buffer = AlignedBuffer(byteCount: layout.byteCount)
          weights[direction] = (DNNL_ARG_WEIGHTS, layout, buffer)
          copies.append(try Execution(copying: (primitives.weights, nil), to: (layout, buffer), engine))
        }
      }
      weightCopies = copies
      var lanes: [Lane] = []
      for _ in 0..<laneCount { lanes.append(try Lane(primitives, weights, bias, engine)) }
      self.lanes = lanes
      if let operation = primitives.primitives[.backwardWeights]?.operation {
        let layout = try OneDNNLayout(of: dnnl_query_diff_weights_md, in: operation)
        weightGradient = (
          layout.byteCount / MemoryLayout<Float>.size,
          try Execution(copying: (layout, nil), to: (primitives.weights, nil), engine)
        )
      } else {
        weightGradient = nil
      }
    }

    func loadWeights(_ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?) {
      for copy in weightCopies { copy(weights) }
      if let bias { self.bias?.floats.update(from: bias, count: outputChannels) }
    }

    func forward(lane: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
      execution(.forward, lane)(input, output)
    }

    func backwardInput(lane: Int, outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
      execution(.backwardInput, lane)(outputGradient, inputGradient)
    }

    func backwardWeights(lane: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer) {
      execution(.backwardWeights, lane)(input, outputGradient)
    }

    private func execution(_ direction: ConvolutionDirection, _ lane: Int) -> Execution {
      guard let execution = lanes[lane].executions[direction] else {
        preconditionFailure("the convolution was made without this direction")
      }
      return execution
    }

    var weightGradientCount: Int { weightGradient?.count ?? 0 }

    func weightGradient(lane: Int) -> WeightGradient {
      guard let weights = lanes[lane].weightGradient else {
        preconditionFailure("the convolution was made without this direction")
      }
      return WeightGradient(weights, bias: lanes[lane].biasGradient)
    }

    func restore(_ gradient: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>) {
      weightGradient?.copy(gradient, weights)
    }
  }

  /// What one thread at a time uses of a convolution.
  private struct Lane {
    private(set) var executions: [ConvolutionDirection: Execution] = [:]
    /// In oneDNN's layout for this convolution.
    private(set) var weightGradient: AlignedBuffer?
    private(set) var biasGradient: AlignedBuffer?

    /// - Parameter weights: Of the directions that multiply them.
    init(
      _ primitives: ConvolutionPrimitives, _ weights: [ConvolutionDirection: Execution.Operand], _ bias: AlignedBuffer?,
      _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      for (direction, primitive) in primitives.primitives {
        var operands: [Execution.Operand]
        switch direction {
        case .forward:
          operands = [(DNNL_ARG_SRC, primitives.input, nil), (DNNL_ARG_DST, primitives.output, nil)]
          if let layout = primitives.bias { operands.append((DNNL_ARG_BIAS, layout, bias)) }
        case .backwardInput:
          operands = [(DNNL_ARG_DIFF_DST, primitives.output, nil), (DNNL_ARG_DIFF_SRC, primitives.input, nil)]
        case .backwardWeights:
          let layout = try OneDNNLayout(of: dnnl_query_diff_weights_md, in: primitive.operation)
          let gradient = AlignedBuffer(byteCount: layout.byteCount)
          weightGradient = gradient
          biasGradient = primitives.bias.map { AlignedBuffer(byteCount: $0.byteCount) }
          operands = [
            (DNNL_ARG_SRC, primitives.input, nil), (DNNL_ARG_DIFF_DST, primitives.output, nil),
            (DNNL_ARG_DIFF_WEIGHTS, layout, gradient),
          ]
          if let layout = primitives.bias { operands.append((DNNL_ARG_DIFF_BIAS, layout, biasGradient)) }
        }
        if let weights = weights[direction] { operands.append(weights) }
        executions[direction] = try Execution(primitive, operands, engine)
      }
    }
  }
#endif
