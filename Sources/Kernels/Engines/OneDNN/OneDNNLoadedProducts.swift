#if OneDNN
  import COneDNN

  /// Matrix products whose B is kept in the order that oneDNN chooses.
  // SAFETY: what the threads share changes only in `load`, while no product runs.
  final class OneDNNLoadedProducts: LoadedProducts, @unchecked Sendable {
    private let weights: Reorder
    private let stream: OneDNNStream
    private let executions: Idle<ThreadExecution>
    let description: String

    /// What one thread at a time needs to run the products.
    // SAFETY: used only by the thread that it is lent to.
    private struct ThreadExecution: @unchecked Sendable {
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
      var executions: [ThreadExecution] = []
      for _ in 0..<threadCount {
        executions.append(
          ThreadExecution(
            stream: try OneDNNStream(engine),
            execution: try Execution(
              primitive, engine, input: (DNNL_ARG_SRC, layouts.a), output: (DNNL_ARG_DST, layouts.c),
              fixed: [(DNNL_ARG_WEIGHTS, weights.destination)])))
      }
      self.weights = weights
      description = primitive.operation.implementation
      self.executions = Idle(executions)
    }

    func load(_ b: UnsafePointer<Float>) {
      glyphline_onednn_use_calling_thread_only()
      weights.source.setAddress(UnsafeRawPointer(b))
      weights.execute(on: stream)
    }

    func run(a: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
      glyphline_onednn_use_calling_thread_only()
      executions.lend { $0.execution(input: a, output: c, on: $0.stream) }
    }
  }
#endif
