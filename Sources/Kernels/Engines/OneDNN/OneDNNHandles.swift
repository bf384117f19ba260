#if OneDNN
  import COneDNN
  import Synchronization

  // One owner for each kind of handle of oneDNN's C API. COneDNN's header hides the differences between versions 2 and 3.
  // oneDNN frees an object with its last user, so owners may be freed in any order.

  /// A call of oneDNN that failed.
  struct OneDNNFailure: Error {
    let status: dnnl_status_t

    static func check(_ status: dnnl_status_t) throws(OneDNNFailure) {
      if status != dnnl_success { throw OneDNNFailure(status: status) }
    }

    /// The handle that a call makes.
    static func make<Handle>(_ create: (inout Handle?) -> dnnl_status_t) throws(OneDNNFailure) -> Handle {
      var handle: Handle?
      try check(create(&handle))
      guard let handle else { throw OneDNNFailure(status: dnnl_runtime_error) }
      return handle
    }

    /// For calls that fail only by a mistake of this program.
    static func require(_ status: dnnl_status_t) {
      precondition(status == dnnl_success, "oneDNN status \(status.rawValue)")
    }
  }

  /// Runs `body`, whose calls of oneDNN then use this thread alone. Our own workers already occupy the cores, and a second
  /// team that spins between its loops would fight them. Afterwards OpenMP's setting of the thread, which a program
  /// around this library may use, is what it was.
  @inline(__always)
  func onCallingThread<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let threads = glyphline_openmp_threads()
    if threads == 1 { return try body() }
    glyphline_openmp_set_threads(1)
    defer { glyphline_openmp_set_threads(threads) }
    return try body()
  }

  /// The CPU, as oneDNN sees it.
  // SAFETY: oneDNN's engines may be used by any number of threads at a time (its documentation, "Thread Safety").
  final class OneDNNEngine: @unchecked Sendable {
    let handle: dnnl_engine_t

    init() throws(OneDNNFailure) {
      handle = try OneDNNFailure.make { dnnl_engine_create(&$0, dnnl_cpu, 0) }
    }

    deinit { dnnl_engine_destroy(handle) }
  }

  /// A queue that primitives run on; used by one thread at a time.
  final class OneDNNStream {
    let handle: dnnl_stream_t

    init(_ engine: OneDNNEngine) throws(OneDNNFailure) {
      handle = try OneDNNFailure.make { handle in
        dnnl_stream_create(&handle, engine.handle, UInt32(dnnl_stream_in_order.rawValue))
      }
    }

    deinit { dnnl_stream_destroy(handle) }
  }

  /// The shape, element type and memory order of an operand. It never changes.
  // SAFETY: oneDNN only reads it.
  final class OneDNNLayout: @unchecked Sendable {
    let handle: glyphline_onednn_layout_t

    /// - Parameters:
    ///   - order: `dnnl_format_tag_any` leaves the order to the operation.
    ///   - strides: Elements from one index to the next in each dimension, in place of `order`.
    init(
      _ shape: [Int], _ precision: Precision, order: dnnl_format_tag_t = dnnl_format_tag_undef, strides: [Int]? = nil
    ) throws(OneDNNFailure) {
      handle = try OneDNNFailure.make { handle in
        glyphline_onednn_layout_create(
          &handle, Int32(shape.count), shape.map { dnnl_dim_t($0) }, precision == .float32 ? dnnl_f32 : dnnl_bf16,
          order, strides?.map { dnnl_dim_t($0) })
      }
    }

    /// The layout that an operation chose for one of its operands.
    init(of operand: dnnl_query_t, in operation: OneDNNOperation) throws(OneDNNFailure) {
      handle = try OneDNNFailure.make { glyphline_onednn_layout_of(&$0, operation.handle, operand) }
    }

    deinit { glyphline_onednn_layout_destroy(handle) }

    var byteCount: Int { dnnl_memory_desc_get_size(handle) }

    func isEqual(to other: OneDNNLayout) -> Bool { dnnl_memory_desc_equal(handle, other.handle) != 0 }
  }

  /// A layout and an address.
  final class OneDNNMemory {
    private let buffer: AlignedBuffer?
    let handle: dnnl_memory_t

    /// - Parameter buffer: nil if the address is set before each use.
    init(_ layout: OneDNNLayout, _ buffer: AlignedBuffer?, _ engine: OneDNNEngine) throws(OneDNNFailure) {
      self.buffer = buffer
      handle = try OneDNNFailure.make { dnnl_memory_create(&$0, layout.handle, engine.handle, buffer?.address) }
    }

    deinit { dnnl_memory_destroy(handle) }

    /// oneDNN's type does not tell which memory a primitive only reads.
    func setAddress(_ address: UnsafeRawPointer) {
      OneDNNFailure.require(dnnl_memory_set_data_handle(handle, UnsafeMutableRawPointer(mutating: address)))
    }
  }

  /// An operation on operands of given shapes, before any code is compiled for it.
  final class OneDNNOperation {
    let handle: dnnl_primitive_desc_t

    /// Held while an operation or a primitive is made. oneDNN 2.6.3 calls that thread-safe, but when one thread makes a
    /// float32 convolution and another a bfloat16 one, one of the two may compute wrong results.
    fileprivate static let making = Mutex<Void>(())

    /// - Parameters:
    ///   - accumulates: Adds to the result's memory in place of overwriting it.
    ///   - describe: Makes the operation with the given attributes.
    init(
      accumulates: Bool = false,
      _ describe: (inout dnnl_primitive_desc_t?, _ attributes: dnnl_primitive_attr_t) -> dnnl_status_t
    ) throws(OneDNNFailure) {
      let attributes: dnnl_primitive_attr_t = try OneDNNFailure.make { dnnl_primitive_attr_create(&$0) }
      defer { dnnl_primitive_attr_destroy(attributes) }
      try OneDNNFailure.check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user))
      if accumulates {
        let steps: dnnl_post_ops_t = try OneDNNFailure.make { dnnl_post_ops_create(&$0) }
        defer { dnnl_post_ops_destroy(steps) }
        try OneDNNFailure.check(glyphline_onednn_append_sum(steps))
        try OneDNNFailure.check(dnnl_primitive_attr_set_post_ops(attributes, steps))
      }
      handle = try OneDNNFailure.make { handle in Self.making.withLock { _ in describe(&handle, attributes) } }
    }

    deinit { dnnl_primitive_desc_destroy(handle) }

    /// oneDNN's name of the code that it chose.
    var implementation: String {
      var name: UnsafePointer<CChar>?
      _ = withUnsafeMutablePointer(to: &name) {
        dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, $0)
      }
      return name.map { String(cString: $0) } ?? ""
    }

    /// oneDNN has no fast code for this on this CPU and takes its reference, which does one multiplication at a time.
    var isReference: Bool { implementation.contains("ref") }
  }

  /// The compiled code of an operation. Each execution brings a scratchpad, so several threads may execute it at once.
  final class OneDNNPrimitive {
    let operation: OneDNNOperation
    let handle: dnnl_primitive_t

    init(_ operation: OneDNNOperation) throws(OneDNNFailure) {
      self.operation = operation
      handle = try OneDNNFailure.make { handle in
        OneDNNOperation.making.withLock { _ in dnnl_primitive_create(&handle, operation.handle) }
      }
    }

    deinit { dnnl_primitive_destroy(handle) }
  }
#endif
