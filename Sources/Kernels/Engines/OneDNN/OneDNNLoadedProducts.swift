#if OneDNN
  import COneDNN

  /// Matrix products whose B lies in the order that oneDNN likes best.
  // SAFETY: what the lanes share changes only in `load`, while no lane runs.
  final class OneDNNLoadedProducts: LoadedProducts, @unchecked Sendable {
    private let weights: Reorder
    private let stream: OneDNNStream
    private let lanes: Idle<Lane>
    let description: String

    /// What one thread at a time needs to run the products.
    // SAFETY: whoever takes one, alone uses it.
    private struct Lane: @unchecked Sendable {
      let stream: OneDNNStream
      let execution: Execution
    }

    init(
      _ shape: MatrixProductShape, precision: Precision, threadCount: Int, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let layouts = try ProductLayouts(shape, precision: precision, choosesB: true)
      let primitive = try OneDNNPrimitive(layouts.makeOperation(accumulates: false, engine))
      let floats = try ProductLayouts(shape, precision: .float32).b
      let weights = try Reorder(
        from: OneDNNMemory(floats, engine, ownsBuffer: false), floats,
        to: primitive.operation.layout(of: dnnl_query_weights_md), engine)
      stream = try OneDNNStream(engine)
      var lanes: [Lane] = []
      for _ in 0..<threadCount {
        lanes.append(
          Lane(
            stream: try OneDNNStream(engine),
            execution: try Execution(
              primitive, engine, input: (DNNL_ARG_SRC, layouts.a), output: (DNNL_ARG_DST, layouts.c),
              fixed: [(DNNL_ARG_WEIGHTS, weights.destination)])))
      }
      self.weights = weights
      description = primitive.operation.implementation
      self.lanes = Idle(lanes)
    }

    func load(_ b: UnsafePointer<Float>) {
      glyphline_onednn_use_calling_thread_only()
      weights.source.setAddress(UnsafeRawPointer(b))
      weights.execute(on: stream)
    }

    func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
      glyphline_onednn_use_calling_thread_only()
      lanes.lend { lane in lane.execution(input: a, output: c, on: lane.stream) }
    }
  }
#endif
