#if OneDNN
  import COneDNN

  /// Matrix products of one shape side by side, C = A B, each B as it was loaded.
  // SAFETY: what the lanes share changes only in `load`, while no lane runs.
  final class OneDNNProductBatch: @unchecked Sendable {
    private let primitive: OneDNNPrimitive
    private let weights: Reorder
    private let a: dnnl_memory_desc_t
    private let c: dnnl_memory_desc_t
    private let stream: OneDNNStream
    private let engine: OneDNNEngine

    /// A is [count, m, k] in `precision`, B [count, k, n] and C [count, m, n] in float32.
    init(count: Int, m: Int, n: Int, k: Int, precision: Precision, _ engine: OneDNNEngine) throws(OneDNNFailure) {
      let type = precision == .float32 ? dnnl_f32 : dnnl_bf16
      var a = try Self.describe(count, m, k, type, dnnl_abc)
      var b = try Self.describe(count, k, n, type, dnnl_format_tag_any)
      var c = try Self.describe(count, m, n, dnnl_f32, dnnl_abc)
      var operation = dnnl_matmul_desc_t()
      try OneDNNFailure.check(dnnl_matmul_desc_init(&operation, &a, &b, nil, &c))
      let primitive = try OneDNNPrimitive(operation: &operation, engine)
      let floats = try Self.describe(count, k, n, dnnl_f32, dnnl_abc)
      weights = try Reorder(
        from: try OneDNNMemory(floats, engine, ownsBuffer: false), floats,
        to: primitive.memoryDescription(dnnl_query_weights_md), engine)
      stream = try OneDNNStream(engine)
      self.primitive = primitive
      (self.a, self.c, self.engine) = (a, c, engine)
    }

    private static func describe(
      _ count: Int, _ rows: Int, _ columns: Int, _ type: dnnl_data_type_t, _ layout: dnnl_format_tag_t
    ) throws(OneDNNFailure) -> dnnl_memory_desc_t {
      var description = dnnl_memory_desc_t()
      let shape = [dnnl_dim_t(count), dnnl_dim_t(rows), dnnl_dim_t(columns)]
      try OneDNNFailure.check(dnnl_memory_desc_init_by_tag(&description, 3, shape, type, layout))
      return description
    }

    var inputByteCount: Int { withUnsafePointer(to: a) { dnnl_memory_desc_get_size($0) } }
    var outputByteCount: Int { withUnsafePointer(to: c) { dnnl_memory_desc_get_size($0) } }

    /// Takes over every B.
    func load(_ b: UnsafePointer<Float>) {
      glyphline_onednn_use_calling_thread_only()
      weights.source.setAddress(UnsafeRawPointer(b))
      weights.execute(on: stream)
    }

    /// What one thread at a time needs to run the products.
    // SAFETY: whoever takes one, alone uses it.
    struct Lane: @unchecked Sendable {
      fileprivate let stream: OneDNNStream
      fileprivate let execution: Execution

      func run(a: UnsafeRawPointer, c: UnsafeMutableRawPointer) {
        glyphline_onednn_use_calling_thread_only()
        execution(input: a, output: c, on: stream)
      }
    }

    func makeLane() throws(OneDNNFailure) -> Lane {
      Lane(
        stream: try OneDNNStream(engine),
        execution: try Execution(
          primitive, engine, input: (DNNL_ARG_SRC, a), output: (DNNL_ARG_DST, c),
          fixed: [(DNNL_ARG_WEIGHTS, weights.destination)]))
    }
  }
#endif
