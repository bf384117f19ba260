#if OneDNN
  import COneDNN
  import Synchronization

  // One owner for each kind of handle of oneDNN's C API (version 2; version 3 renamed and merged parts of it). oneDNN
  // frees an object when its last user is gone, so owners may go in any order.

  /// A call of oneDNN that failed.
  struct OneDNNFailure: Error {
    let status: dnnl_status_t

    static func check(_ status: dnnl_status_t) throws(OneDNNFailure) {
      if status != dnnl_success { throw OneDNNFailure(status: status) }
    }

    /// For calls that fail only where this program is wrong.
    static func require(_ status: dnnl_status_t) {
      precondition(status == dnnl_success, "oneDNN status \(status.rawValue)")
    }
  }

  /// The CPU, as oneDNN sees it.
  // SAFETY: oneDNN's engines may be used by any number of threads at a time (its documentation, "Thread Safety").
  final class OneDNNEngine: @unchecked Sendable {
    let handle: dnnl_engine_t

    init() throws(OneDNNFailure) {
      var handle: dnnl_engine_t?
      try OneDNNFailure.check(dnnl_engine_create(&handle, dnnl_cpu, 0))
      guard let handle else { throw OneDNNFailure(status: dnnl_runtime_error) }
      self.handle = handle
    }

    deinit { dnnl_engine_destroy(handle) }
  }

  /// Where primitives run; used by one thread at a time.
  final class OneDNNStream {
    let handle: dnnl_stream_t

    init(_ engine: OneDNNEngine) throws(OneDNNFailure) {
      var handle: dnnl_stream_t?
      try OneDNNFailure.check(dnnl_stream_create(&handle, engine.handle, UInt32(dnnl_stream_in_order.rawValue)))
      guard let handle else { throw OneDNNFailure(status: dnnl_runtime_error) }
      self.handle = handle
    }

    deinit { dnnl_stream_destroy(handle) }
  }

  /// A shape and an address. The address is either a buffer of its own or set before each use.
  final class OneDNNMemory {
    let handle: dnnl_memory_t
    let buffer: AlignedBuffer?

    init(_ description: dnnl_memory_desc_t, _ engine: OneDNNEngine, ownsBuffer: Bool) throws(OneDNNFailure) {
      var description = description
      buffer = ownsBuffer ? AlignedBuffer(byteCount: dnnl_memory_desc_get_size(&description)) : nil
      var handle: dnnl_memory_t?
      try OneDNNFailure.check(dnnl_memory_create(&handle, &description, engine.handle, buffer?.address))
      guard let handle else { throw OneDNNFailure(status: dnnl_runtime_error) }
      self.handle = handle
    }

    deinit { dnnl_memory_destroy(handle) }

    func setAddress(_ address: UnsafeMutableRawPointer) {
      OneDNNFailure.require(dnnl_memory_set_data_handle(handle, address))
    }

    /// For memory that a primitive only reads; oneDNN's type does not tell.
    func setAddress(_ address: UnsafeRawPointer) { setAddress(UnsafeMutableRawPointer(mutating: address)) }
  }

  /// An operation compiled for its shapes. Its scratchpad is given at each execution, so that several threads may
  /// execute it at once.
  final class OneDNNPrimitive {
    let handle: dnnl_primitive_t
    private let description: dnnl_primitive_desc_t

    /// Held while a primitive is made. oneDNN 2.6.3 calls that thread-safe, but where one thread makes a float32
    /// convolution and another a bfloat16 one, one of the two may come out computing nonsense.
    private static let making = Mutex<Void>(())

    /// - Parameters:
    ///   - operation: Points to the operation's descriptor.
    ///   - accumulates: Adds to the result.
    ///   - hint: The forward operation, which backward ones ask for.
    convenience init(
      operation: UnsafeRawPointer, accumulates: Bool = false, _ engine: OneDNNEngine, hint: OneDNNPrimitive? = nil
    ) throws(OneDNNFailure) {
      let attributes = try OneDNNAttributes()
      if accumulates { try attributes.accumulate() }
      try self.init { description in
        dnnl_primitive_desc_create(&description, operation, attributes.handle, engine.handle, hint?.description)
      }
    }

    /// A copy from one layout or element type to another.
    convenience init(
      reorderFrom source: dnnl_memory_desc_t, to destination: dnnl_memory_desc_t, _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let attributes = try OneDNNAttributes()
      var (source, destination) = (source, destination)
      try self.init { description in
        dnnl_reorder_primitive_desc_create(
          &description, &source, engine.handle, &destination, engine.handle, attributes.handle)
      }
    }

    private init(describe: (inout dnnl_primitive_desc_t?) -> dnnl_status_t) throws(OneDNNFailure) {
      var description: dnnl_primitive_desc_t?
      var handle: dnnl_primitive_t?
      let status = Self.making.withLock { _ in
        let status = describe(&description)
        return status == dnnl_success ? dnnl_primitive_create(&handle, description) : status
      }
      guard status == dnnl_success, let description, let handle else {
        dnnl_primitive_desc_destroy(description)
        throw OneDNNFailure(status: status)
      }
      self.description = description
      self.handle = handle
    }

    deinit {
      dnnl_primitive_destroy(handle)
      dnnl_primitive_desc_destroy(description)
    }

    /// The layout that the operation chose for one of its operands.
    func memoryDescription(_ query: dnnl_query_t) throws(OneDNNFailure) -> dnnl_memory_desc_t {
      guard let description = dnnl_primitive_desc_query_md(description, query, 0) else {
        throw OneDNNFailure(status: dnnl_unimplemented)
      }
      return description.pointee
    }

    /// What oneDNN calls the code that it chose.
    var implementation: String {
      var name: UnsafePointer<CChar>?
      _ = withUnsafeMutablePointer(to: &name) {
        dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, $0)
      }
      return name.map { String(cString: $0) } ?? ""
    }

    /// - Parameter operands: Each with the number that tells its role.
    func execute(_ operands: [dnnl_exec_arg_t], on stream: OneDNNStream) {
      OneDNNFailure.require(dnnl_primitive_execute(handle, stream.handle, Int32(operands.count), operands))
    }
  }

  /// Primitive attributes that ask for a scratchpad of the caller's.
  private final class OneDNNAttributes {
    let handle: dnnl_primitive_attr_t

    init() throws(OneDNNFailure) {
      var handle: dnnl_primitive_attr_t?
      try OneDNNFailure.check(dnnl_primitive_attr_create(&handle))
      guard let handle else { throw OneDNNFailure(status: dnnl_runtime_error) }
      self.handle = handle
      try OneDNNFailure.check(dnnl_primitive_attr_set_scratchpad_mode(handle, dnnl_scratchpad_mode_user))
    }

    /// The result is added to what is there.
    func accumulate() throws(OneDNNFailure) {
      var steps: dnnl_post_ops_t?
      try OneDNNFailure.check(dnnl_post_ops_create(&steps))
      defer { dnnl_post_ops_destroy(steps) }
      try OneDNNFailure.check(dnnl_post_ops_append_sum(steps, 1))
      try OneDNNFailure.check(dnnl_primitive_attr_set_post_ops(handle, steps))
    }

    deinit { dnnl_primitive_attr_destroy(handle) }
  }
#endif
