#if OneDNN
  import COneDNN

  /// A matrix product, or several of one shape side by side, C = A B or C += A B, all operands where the caller has them.
  // SAFETY: its memory objects are used by one thread at a time.
  final class OneDNNProducts: @unchecked Sendable {
    private let primitive: OneDNNPrimitive
    private let stream: OneDNNStream
    private let a: OneDNNMemory
    private let b: OneDNNMemory
    private let c: OneDNNMemory
    private let scratchpad: OneDNNMemory
    private let operands: [dnnl_exec_arg_t]

    init(
      a: dnnl_memory_desc_t, b: dnnl_memory_desc_t, c: dnnl_memory_desc_t, accumulates: Bool = false,
      _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      var (aShape, bShape, cShape) = (a, b, c)
      var operation = dnnl_matmul_desc_t()
      try OneDNNFailure.check(dnnl_matmul_desc_init(&operation, &aShape, &bShape, nil, &cShape))
      primitive = try OneDNNPrimitive(operation: &operation, accumulates: accumulates, engine)
      stream = try OneDNNStream(engine)
      self.a = try OneDNNMemory(a, engine, ownsBuffer: false)
      self.b = try OneDNNMemory(b, engine, ownsBuffer: false)
      self.c = try OneDNNMemory(c, engine, ownsBuffer: false)
      scratchpad = try OneDNNMemory(primitive.memoryDescription(dnnl_query_scratchpad_md), engine, ownsBuffer: true)
      operands = [
        dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: self.a.handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: self.b.handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: self.c.handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratchpad.handle),
      ]
    }

    /// `count` products in float32: A is [count, m, k], or [count, k, m] where it is transposed, B [count, k, n] and
    /// C [count, m, n].
    convenience init(
      count: Int, m: Int, n: Int, k: Int, transposesA: Bool = false, accumulates: Bool = false, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      func describe(_ rows: Int, _ columns: Int, _ layout: dnnl_format_tag_t) throws(OneDNNFailure)
        -> dnnl_memory_desc_t
      {
        var description = dnnl_memory_desc_t()
        let shape = [dnnl_dim_t(count), dnnl_dim_t(rows), dnnl_dim_t(columns)]
        try OneDNNFailure.check(dnnl_memory_desc_init_by_tag(&description, 3, shape, dnnl_f32, layout))
        return description
      }
      try self.init(
        a: describe(m, k, transposesA ? dnnl_acb : dnnl_abc), b: describe(k, n, dnnl_abc), c: describe(m, n, dnnl_abc),
        accumulates: accumulates, engine)
    }

    func run(a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutablePointer<Float>) {
      glyphline_onednn_use_calling_thread_only()
      self.a.setAddress(a)
      self.b.setAddress(b)
      self.c.setAddress(UnsafeMutableRawPointer(c))
      primitive.execute(operands, on: stream)
    }
  }
#endif
